/**
 * Of a program whose old workers end what is under way, at most one reload a second: each takes a
 * whole generation of workers, and what the old one knew of dead backends.
 */
const APART_MS = 1000;
/** So many old generations are usual while changes come and WebSockets stay; each holds memory. */
const OLD_GENERATIONS_USUAL = 8;
/** For each one beyond: with a drain of 300 s there are never more than some thirty. */
const SLOWER_BY_MS = 1000;
/** What waits for its turn, and what came while it waited, are in force within a minute. */
const APART_MS_MAX = 30_000;
/** Workers of one generation start in one go, on a busy machine as well. */
const GENERATION_MS = 500;

/**
 * How long the next reload waits, in ms: not at all after a quiet second, unless many generations
 * live. `workerStartsMs` says when each worker that still lives was started, on any clock.
 */
export function reloadWaitMs(sinceLastMs: number, workerStartsMs: readonly number[]): number {
  const beyond = Math.max(0, generationsOf(workerStartsMs) - 1 - OLD_GENERATIONS_USUAL);
  const apartMs = Math.min(APART_MS + SLOWER_BY_MS * beyond, APART_MS_MAX);
  return Math.max(0, apartMs - sinceLastMs);
}

function generationsOf(startsMs: readonly number[]): number {
  const inOrder = startsMs.toSorted((a, b) => a - b);
  return inOrder.filter((ms, i) => i === 0 || ms - inOrder[i - 1]! > GENERATION_MS).length;
}
