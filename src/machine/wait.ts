import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 50;

/** Asks until the answer is true or the time is over; the last answer is handed back. */
export async function within(limitMs: number, ask: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    if (await ask()) return true;
    if (performance.now() > deadline) return false;
    await pause(STEP_MS);
  }
}
