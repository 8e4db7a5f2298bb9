import { note } from '../output.ts';
import { ownPaths } from './session.ts';

/** Longer than any of them takes but for slow packages; an init that calls one is not held up for ever. */
const LIMIT_MS = 5 * 60_000;

/**
 * Commands that make or unmake the node on this machine run one after the other: the second finds
 * what the first has done. TIMEOUT when that takes more than five minutes.
 */
export async function alone<T>(command: string, action: () => Promise<T>): Promise<T> {
  const { isRoot } = await import('../../machine/node/host.ts');
  // Others are refused by the command, which says why.
  if (!isRoot()) return action();
  const { withLock } = await import('../../machine/s6/lock.ts');
  return withLock('command', ownPaths(), action, {
    limitMs: LIMIT_MS,
    holder: command,
    onWait: (holder) => note(`waiting for ${holder} to end`),
  });
}
