import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 50;

/** Asks until the answer is truthy or the time is over; the last answer is handed back. */
export async function within<T>(limitMs: number, ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer || performance.now() > deadline) return answer;
    await pause(STEP_MS);
  }
}
