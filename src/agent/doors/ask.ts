import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { errorFrom, KatoError, refuse } from '../../domain/base/error.ts';
import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { SocketRequest } from './sockets.ts';

/** The agent ends a request itself; this is for one that does not answer at all. */
const GRACE_MS = 2000;

/** A node that was just booted, or an agent that was killed, listens within this. */
const START_MS = 3000;
const START_STEP_MS = 50;

/**
 * Asks this machine's agent, and waits for one that is about to start. Throws the answer's own
 * KatoError, NOT_SET_UP where no agent runs, NOT_ALLOWED for who may not open the socket, TIMEOUT.
 */
export async function askAgent(paths: Paths, request: SocketRequest): Promise<Json> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return await askOnce(paths, request);
    } catch (error) {
      if (!(error instanceof NobodyListens)) throw error;
      const isUp = await isStarted(paths);
      if (!isUp || performance.now() > deadline) throw await noAgent(paths, isUp);
      await pause(START_STEP_MS);
    }
  }
}

class NobodyListens extends Error {}

function askOnce(paths: Paths, request: SocketRequest): Promise<Json> {
  const path = process.getuid?.() === 0 ? paths.socket : paths.readSocket;
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(request.timeoutMs + GRACE_MS, () => {
      socket.destroy(silent(request.operation));
    });
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', (error) => reject(failure(error, request.operation)));
    socket.on('end', () => {
      // An agent that ends in the middle of its answer leaves a part of the line.
      if (!text.endsWith('\n')) return reject(silent(request.operation));
      const answer = JSON.parse(text) as { ok: Json } | { error: ErrorRecord };
      if ('error' in answer) reject(errorFrom(answer.error));
      else resolve(answer.ok);
    });
  });
}

function silent(operation: string): KatoError {
  return refuse(
    'TIMEOUT',
    `the agent of this node did not answer ${operation}`,
    'it is frozen, or was restarted meanwhile',
    'run the command again: it takes effect only once',
  );
}

function failure(error: NodeJS.ErrnoException | KatoError, operation: string): Error {
  if (error instanceof KatoError) return error;
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return silent(operation);
  if (error.code === 'EACCES') {
    return refuse(
      'NOT_ALLOWED',
      'you may not ask the agent of this node',
      'its socket is for root; members of group kato may only look',
      'run the command as root',
    );
  }
  return new NobodyListens();
}

/** Whether s6 runs here; who may not ask it has to do without the answer. */
async function isStarted(paths: Paths): Promise<boolean> {
  const { supervisionRunning } = await import('../../machine/s6/supervision.ts');
  return supervisionRunning(paths).catch(() => false);
}

/** Whether s6 has started the agent, or is about to, and it is not ready. */
async function isStarting(paths: Paths): Promise<boolean> {
  const { readState, serviceOf } = await import('../../machine/s6/service.ts');
  const { AGENT } = await import('../../machine/disk/places.ts');
  const read = readState(serviceOf(AGENT, paths)).catch(() => null);
  return (await read)?.state === 'STARTING';
}

async function noAgent(paths: Paths, isUp: boolean): Promise<KatoError> {
  const { noNodeHere, readIdentity } = await import('../../machine/node/ledger.ts');
  const identity = await readIdentity(paths).catch((error: unknown) => {
    if (error instanceof KatoError) return error;
    return 'unknown' as const; // only root may read it
  });
  // No agent can run then, and its log would say no more.
  if (identity instanceof KatoError) return identity;
  if (identity === null) return noNodeHere(paths);
  if (isUp && (await isStarting(paths))) {
    const why = 'it has not come up yet';
    const next = `run it again in a moment; if that does not help, see ${paths.log}/agent/current`;
    return refuse('NOT_SET_UP', 'the agent of this node is starting', why, next);
  }
  if (isUp) {
    const next = `kato node boot starts it again; if that fails, see ${paths.log}/agent/current`;
    const why = 'it has ended, or its socket was deleted';
    return refuse('NOT_SET_UP', 'the agent of this node is not listening', why, next);
  }
  if (identity !== 'unknown') {
    const why = 'it was halted, or nothing has started it since boot';
    return refuse('NOT_SET_UP', 'this node is not started', why, 'kato node boot');
  }
  return refuse(
    'NOT_SET_UP',
    'no agent runs on this machine',
    'it is not a node of a cluster, or was not started',
    'as root: kato node boot starts it, or says why it cannot',
  );
}
