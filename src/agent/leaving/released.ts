import { setTimeout as pause } from 'node:timers/promises';
import { KatoError } from '../../domain/base/error.ts';
import type { Released } from '../../operations/following/released.ts';

/** Long enough to hear of a node that follows, short enough to end in time. */
const POLL_MS = 1000;
/** Between two questions: reports of others come in crowds, and each answers one. */
const PAUSE_MS = 50;

/**
 * Asks the cluster until nobody sends requests any more to what is about to stop here. Ends when the time
 * is over, too, by this node's own clock, whoever is away: then it says who may still send some.
 */
export async function untilReleased(
  ask: (waitMs: number) => Promise<Released>,
  seconds: number,
  interrupted: AbortSignal = NEVER,
): Promise<string | undefined> {
  const deadline = performance.now() + seconds * 1000;
  let late = '';
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return `after ${seconds} s ${late}`;
    try {
      const { waitsFor } = await ask(Math.min(POLL_MS, leftMs));
      if (waitsFor.length === 0) return undefined;
      late = `${waitsFor.join(', ')} may still send requests`;
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      // A controller of before has no such question: views alone tell others.
      if (error.code === 'NOT_FOUND') return undefined;
      late = `nobody says who may still send requests: ${error.message}`;
    }
    await pause(Math.min(PAUSE_MS, leftMs), undefined, { signal: interrupted }).catch(() => {
      throw interrupted.reason;
    });
  }
}

const NEVER = new AbortController().signal;
