/** Chance that is the same for the same seed (mulberry32). */
export interface Chance {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, between, pick: (items) => items[between(0, items.length - 1)]! };
}

/** Time that goes on by events alone. */
export interface Time {
  readonly nowMs: number;
  after(ms: number, act: () => void): void;
  /** Acts in order of time; lets promises settle after each act, then calls `afterEach`. */
  runUntil(ms: number, afterEach: () => void): Promise<void>;
}

interface Event {
  atMs: number;
  act: () => void;
}

export function createTime(): Time {
  const events: Event[] = [];
  let nowMs = 0;
  return {
    get nowMs() {
      return nowMs;
    },
    after: (ms, act) => {
      const atMs = nowMs + ms;
      let index = events.length;
      while (index > 0 && events[index - 1]!.atMs <= atMs) index--;
      events.splice(index, 0, { atMs, act });
    },
    runUntil: async (ms, afterEach) => {
      while (events.length > 0 && events.at(-1)!.atMs <= ms) {
        const { atMs, act } = events.pop()!;
        nowMs = atMs;
        act();
        await settled();
        afterEach();
      }
      nowMs = ms;
    },
  };
}

/** All that follows from an event by promises alone has happened then. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
