import { setTimeout as pause } from 'node:timers/promises';
import { KatoError } from '../../domain/base/error.ts';

const PATIENCE_MS = 30_000;
/** At random around it: machines that were refused together do not come back together. */
const PAUSE_MS = 1000;

/** Asks again while those who are asked say that they are BUSY, for half a minute. */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof KatoError && error.code === 'BUSY';
      if (!isBusy || performance.now() > deadline) throw error;
      await pause(PAUSE_MS * (0.5 + Math.random()));
    }
  }
}
