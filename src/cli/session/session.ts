import { setTimeout as pause } from 'node:timers/promises';
import { askAgent } from '../../agent/doors/ask.ts';
import type { Performed } from '../../controller/state/changes.ts';
import { isAway, KatoError, mayReturn } from '../../domain/base/error.ts';
import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import type { Json } from '../../domain/document/cluster.ts';
import { type Paths, pathsOf } from '../../domain/making/paths.ts';
import type { Status } from '../../domain/telling/status.ts';

/** An answer that has not come after this does not come. */
const ASK_MS = 10_000;
const STATUS_MS = 2000;
/** One try of a change: a frozen controller keeps what it was given, another one gets the next. */
const TRY_MS = 3000;
const TRIES = 4;
/**
 * Before a change is tried once more where nobody was. A bus that was killed is back after the first, and
 * controllers on a machine at work after the last.
 */
const RETRY_AFTER_MS = 1000;
const RETRIES_AWAY = 3;

/** What this machine's agent says about itself. */
export interface AgentInfo {
  node: { id: string; name: string; address: string };
  admin: boolean;
  cluster: {
    id: string;
    endpoint: string | null;
    core: { address: string; port: number };
    ca: string;
  };
  version: string;
  connected: boolean;
  reason: ErrorRecord | null;
  revision: number | null;
}

export function ownPaths(): Paths {
  return pathsOf(process.env.KATO_ROOT ?? '/');
}

/** Asks the cluster through this machine's agent. Reading needs no id: twice does no harm. */
export async function ask<Answer>(
  operation: string,
  params: Json,
  timeoutMs = ASK_MS,
): Promise<Answer> {
  const request = { id: '', operation, params, timeoutMs };
  return (await askAgent(ownPaths(), request)) as Answer;
}

/** Asks for a change. It happens once, also where the first answer was lost and it is asked again. */
export async function askForChange<Result>(
  operation: string,
  params: Json,
): Promise<Performed & { result: Result }> {
  const request = { id: crypto.randomUUID(), operation, params, timeoutMs: TRY_MS };
  let away = 0;
  for (let tries = 1; ; tries++) {
    try {
      const answer = await askAgent(ownPaths(), request);
      return answer as unknown as Performed & { result: Result };
    } catch (error) {
      const code = error instanceof KatoError ? error.code : null;
      const isLast = tries === TRIES;
      if (mayReturn(error) && away++ < RETRIES_AWAY) await pause(RETRY_AFTER_MS);
      else if (code === 'BUSY' && !isLast) await pause(RETRY_AFTER_MS);
      else if (code !== 'TIMEOUT' || isLast)
        throw isAway(error) && code !== 'BUSY' ? unanswered(error) : error;
    }
  }
}

/**
 * Where no controller is there, what brings one back comes first: kato history needs one, too. That a
 * node cannot be reached is the answer of one.
 */
function unanswered(error: KatoError): KatoError {
  if (error.code === 'CONTROLLER_AWAY' || error.code === 'NODE_UNREACHABLE') return error;
  const next =
    error.code === 'BUS_AWAY'
      ? 'run it again when the bus is back: repeating it does no harm'
      : 'when a controller answers, kato history shows if it was done; repeating it does no harm';
  return new KatoError({ ...error.toJSON(), next }, { cause: error });
}

/** The status is made within a fraction of a second, or the agent tells what it knew last. */
export function askStatus(all: boolean): Promise<Status> {
  return ask<Status>('status', { all }, STATUS_MS);
}

export function self(): Promise<AgentInfo> {
  return ask<AgentInfo>('agent.info', {});
}

/** The node that `-n` names, or this one. */
export async function nodeOrSelf(given: string | undefined): Promise<string> {
  return given ?? (await self()).node.id;
}
