import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { KatoError } from '../../domain/base/error.ts';
import { busAway } from '../failures.ts';

/** The store answers from memory and a local disk: later than this it is frozen. */
export const STORE_TIMEOUT_MS = 1000;

const DISK_FULL = {
  code: 'NO_SPACE',
  message: 'the bus cannot write the change',
  why: 'the disk of the core is full',
  next: 'free some space there: df -h',
} as const;

/** What went wrong with the store, as KatoError. */
export function storeFailure(error: unknown): KatoError {
  if (error instanceof KatoError) return error;
  if (error instanceof errors.TimeoutError) {
    const message = `the store did not answer within ${STORE_TIMEOUT_MS} ms`;
    return new KatoError({ code: 'TIMEOUT', message }, { cause: error });
  }
  if (error instanceof JetStreamApiError && error.message.includes('no space left')) {
    return new KatoError({ ...DISK_FULL }, { cause: error });
  }
  if (error instanceof JetStreamApiError) {
    const record = { code: 'FAILED', message: 'the store refused', why: error.message } as const;
    return new KatoError(record, { cause: error });
  }
  return busAway(error);
}
