import { errors } from '@nats-io/transport-node';
import { KatoError, refuse } from '../domain/base/error.ts';
import type { ErrorCode } from '../domain/base/error-codes.ts';

/** Where a bus is, as people write it. */
export interface BusAddress {
  address: string;
  port: number;
}

/** Node's code of a failed system or TLS call, also when it is wrapped. */
export function codeOf(error: unknown): string {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
  }
  return '';
}

/** CORE_UNREACHABLE, NOT_A_BUS or NOT_ALLOWED, for a connection that did not come about. */
export function connectFailure(error: unknown, { address, port }: BusAddress): KatoError {
  const at = `${address}:${port}`;
  if (error instanceof errors.AuthorizationError) {
    return failure(
      'NOT_ALLOWED',
      `the bus at ${at} does not know this identity`,
      'the node was removed, the token was used or withdrawn, or the bus has an older state',
      error,
    );
  }
  return reachFailure(codeOf(error), at, error) ?? notABus(at, error);
}

/** What a refused, unroutable or silent address means; null when somebody did answer. */
export function reachFailure(code: string, at: string, cause: unknown): KatoError | null {
  if (code === 'ECONNREFUSED') {
    return failure(
      'CORE_UNREACHABLE',
      `nothing listens at ${at}`,
      'the machine answers, but its bus does not run or has another port',
      cause,
    );
  }
  if (UNROUTABLE.has(code)) {
    return failure('CORE_UNREACHABLE', `${at} cannot be reached`, `the system says ${code}`, cause);
  }
  if (code === 'ETIMEDOUT' || cause instanceof errors.TimeoutError) {
    return failure('CORE_UNREACHABLE', `${at} does not answer`, 'off, or behind a firewall', cause);
  }
  return null;
}

/** A connection that breaks, is closed, or is about to be. */
const GONE = [errors.RequestError, errors.ClosedConnectionError, errors.DrainingConnectionError];

/** Why a request got no answer. `subject` says who should have answered. */
export function requestFailure(error: unknown, subject: string, timeoutMs: number): KatoError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const isNode = subject.startsWith('kato.node.');
  if (cause instanceof errors.NoRespondersError) {
    const why = `nobody receives ${subject}`;
    return isNode
      ? failure('NODE_UNREACHABLE', 'the node is not on the bus', why, error)
      : failure('CONTROLLER_AWAY', 'no controller is on the bus', why, error, START_IT);
  }
  if (cause instanceof errors.TimeoutError) {
    const what = isNode ? 'the node' : 'the controller';
    const why = `it is frozen, overloaded or cut off, and may still do what was asked: ${subject}`;
    return failure('TIMEOUT', `${what} did not answer within ${timeoutMs} ms`, why, error);
  }
  if (cause instanceof errors.PermissionViolationError) {
    return failure('NOT_ALLOWED', 'the bus does not let this identity ask that', subject, error);
  }
  if (GONE.some((kind) => cause instanceof kind)) return busAway(error);
  return failure('FAILED', 'the request could not be sent', String(cause), error);
}

/** What was asked may have been done all the same: a retry carries the same operation id. */
export function busAway(cause?: unknown): KatoError {
  return failure('BUS_AWAY', 'the connection to the bus is away', undefined, cause);
}

export function notABus(at: string, cause: unknown): KatoError {
  const time = OUT_OF_TIME[codeOf(cause)];
  if (time !== undefined) {
    return failure('NOT_A_BUS', `the certificate of ${at} ${time}`, CLOCK, cause, SET_IT);
  }
  const why = codeOf(cause) || String(cause instanceof Error ? cause.message : cause);
  return failure('NOT_A_BUS', `what listens at ${at} is not this cluster's bus`, why, cause);
}

/** Held, broken or stopped, it cannot be started by a command that needs one. */
const START_IT =
  'on the core: kato status shows the state of its controller; kato node halt, then kato node boot, restarts it, but not one that a person stopped: if there is no other, kato node setup core --recover-from /var/lib/kato/state/ledger.json does';
const CLOCK = 'by the clock of this machine, which is probably wrong';
const SET_IT = 'set its clock; date -u shows it';
const OUT_OF_TIME: Record<string, string> = {
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_HAS_EXPIRED: 'is no longer valid',
};

const UNROUTABLE = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function failure(
  code: ErrorCode,
  message: string,
  why: string | undefined,
  cause: unknown,
  next?: string,
) {
  return new KatoError(refuse(code, message, why, next).toJSON(), { cause });
}
