import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 20;

/**
 * Waits for a state, with a limit. Resolves to the first truthy value; an error thrown by
 * `condition` counts as "not yet" and is the cause when the time is over.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { what: string; seconds: number },
): Promise<NonNullable<T>> {
  const deadline = performance.now() + options.seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${options.seconds} s: ${options.what}`, { cause: last });
    }
    await pause(STEP_MS);
  }
}
