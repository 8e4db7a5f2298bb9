import type { Clock } from '../../src/controller/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Does what is due until then, in its order. */
  tick(ms: number): void;
}

export function manualClock(startIso: string): ManualClock {
  const startMs = Date.parse(startIso);
  const due = new Set<{ atMs: number; act: () => void }>();
  let nowMs = 0;
  let ids = 0;
  const after = (ms: number, act: () => void): (() => void) => {
    const one = { atMs: nowMs + ms, act };
    due.add(one);
    return () => due.delete(one);
  };
  return {
    nowMs: () => nowMs,
    epochMs: () => startMs + nowMs,
    at: () => new Date(startMs + nowMs).toISOString(),
    after,
    every: (ms, act) => {
      let stop = after(ms, again);
      function again(): void {
        stop = after(ms, again);
        act();
      }
      return () => stop();
    },
    random: () => 0,
    newId: () => String(++ids),
    tick: (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...due].sort((a, b) => a.atMs - b.atMs);
        if (next === undefined || next.atMs > untilMs) break;
        due.delete(next);
        nowMs = next.atMs;
        next.act();
      }
      nowMs = untilMs;
    },
  };
}
