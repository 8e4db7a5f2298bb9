import { randomUUID } from 'node:crypto';

/** Time and chance, as a controller meets them: a simulation has its own. */
export interface Clock {
  /** Monotonic: for what lasts. */
  nowMs(): number;
  /** Since 1970: for what is written down. */
  epochMs(): number;
  /** The same as ISO text. */
  at(): string;
  /** Returns what takes it back. Nothing waits for it to come at the end of a program. */
  after(ms: number, act: () => void): () => void;
  every(ms: number, act: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
  /** One that nobody else has. */
  newId(): string;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  at: () => new Date().toISOString(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
  every: (ms, act) => {
    const timer = setInterval(act, ms).unref();
    return () => clearInterval(timer);
  },
  random: Math.random,
  newId: randomUUID,
};

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
