import { setTimeout as pause } from 'node:timers/promises';
import { reloadWaitMs } from '../../domain/making/reload-pace.ts';
import { statNumber } from '../s6/proc-stat.ts';

/** What Linux counts the starts of processes in. */
const TICK_MS = 10;
const START_FIELD = 22;

/**
 * When the program of a service folder was last reloaded; a restarted agent may be a second early.
 */
const lastMs = new Map<string, number>();

/**
 * Waits until these workers may be replaced by new ones, at most 30 s: see `reloadWaitMs`. Throws the
 * reason of `interrupted` once that is aborted.
 */
export async function awaitTurn(
  folder: string,
  workers: ReadonlySet<string>,
  interrupted?: AbortSignal,
): Promise<void> {
  const starts = (await Promise.all([...workers].map(startMs))).filter((ms) => ms !== null);
  const sinceLastMs = performance.now() - (lastMs.get(folder) ?? Number.NEGATIVE_INFINITY);
  const waitMs = reloadWaitMs(sinceLastMs, starts);
  if (waitMs > 0) {
    await pause(waitMs, null, { signal: interrupted }).catch(() => interrupted?.throwIfAborted());
  }
  lastMs.set(folder, performance.now());
}

/** In ms since the machine's boot; null for a worker that has just ended. */
async function startMs(worker: string): Promise<number | null> {
  const ticks = await statNumber(worker, START_FIELD);
  return ticks === null ? null : ticks * TICK_MS;
}
