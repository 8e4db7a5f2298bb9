/**
 * Damping of what comes and goes (as BGP does with routes): each return costs a penalty of 1, which
 * halves with time. Above the limit it stays out until the penalty has decayed to what is tolerated.
 * Nothing here changes by the passing of time alone, so that what is shared is written seldom.
 */
export interface Flaps {
  /** As it was at `atMs`, on the clock of whoever keeps it. */
  penalty: number;
  atMs: number;
  /** It is kept out. This ends once, by `settled`, and only another return starts it again. */
  out: boolean;
}

const HALF_LIFE_MS = 300_000;
/** Four quick returns may be a person at work; the fifth is a fault. */
const PENALTY_LIMIT = 4;
const PENALTY_TOLERATED = 1.5;
/** Bounds the time out to some 12 minutes after the last return, however many there were. */
const PENALTY_MAX = 8;
/** Below this it is as if it had never been gone. */
const PENALTY_FORGOTTEN = 0.5;
/** Controllers' clocks differ by less; a time further ahead is of a clock that was wrong. */
const AHEAD_MS_MAX = 60_000;

/** It was gone and is there again. */
export function returned(before: Flaps | null | undefined, nowMs: number): Flaps {
  const penalty = Math.min(PENALTY_MAX, penaltyAt(before, nowMs) + 1);
  const out = before != null && settled(before, nowMs)?.out === true;
  return { penalty: round(penalty), atMs: nowMs, out: out || penalty > PENALTY_LIMIT };
}

/** What is left of it by now: the same unless it may come in again; null once it is forgotten. */
export function settled(flaps: Flaps, nowMs: number): Flaps | null {
  const penalty = penaltyAt(flaps, nowMs);
  if (penalty < PENALTY_FORGOTTEN) return null;
  return flaps.out && penalty < PENALTY_TOLERATED ? { ...flaps, out: false } : flaps;
}

/** When what is out now may come in again, if it does not return until then. */
export function outUntilMs({ penalty, atMs }: Flaps): number {
  return atMs + HALF_LIFE_MS * Math.max(0, Math.log2(penalty / PENALTY_TOLERATED));
}

function penaltyAt(flaps: Flaps | null | undefined, nowMs: number): number {
  if (flaps == null || flaps.atMs - nowMs > AHEAD_MS_MAX) return 0;
  return flaps.penalty * 0.5 ** (Math.max(0, nowMs - flaps.atMs) / HALF_LIFE_MS);
}

function round(penalty: number): number {
  return Math.round(penalty * 1000) / 1000;
}
