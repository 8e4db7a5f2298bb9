/** A pass is made at least this often, whatever wake-ups were lost. */
const RESYNC_MS = 60_000;
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;

export interface Loop {
  /** Asks for a pass. Ten wakes during a pass are one next pass. */
  wake(): void;
  /** Runs until the signal; the pass under way is finished. Meanwhile a HUP of this process asks for one, too. */
  until(signal: AbortSignal): Promise<void>;
}

/** One pass at a time, at its own pace: state is looked at, events only wake. */
export function createLoop(pass: () => Promise<void>, log: (line: string) => void): Loop {
  let wanted = false;
  let alarm: (() => void) | null = null;
  let failures = 0;

  const wake = (): void => {
    wanted = true;
    alarm?.();
  };
  return {
    wake,
    until: async (signal) => {
      signal.addEventListener('abort', wake, { once: true });
      process.on('SIGHUP', wake);
      while (!signal.aborted) {
        wanted = false;
        const waitMs = await passOnce();
        if (!wanted && !signal.aborted) await sleepUntilWoken(waitMs);
      }
      process.off('SIGHUP', wake);
    },
  };

  /** Returns how long to wait for the next one when nothing wakes. */
  async function passOnce(): Promise<number> {
    try {
      await pass();
      failures = 0;
      return RESYNC_MS;
    } catch (error) {
      const waitMs = retryMs(failures++, Math.random());
      const text = error instanceof Error ? error.message : String(error);
      log(`pass failed: ${text}; again in ${(waitMs / 1000).toFixed(1)} s`);
      return waitMs;
    }
  }

  function sleepUntilWoken(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        alarm = null;
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      alarm = done;
    });
  }
}

/** 1, 2, 4 ... 60 s, minus up to a quarter. `random` is from 0 to 1. */
export function retryMs(failuresBefore: number, random: number): number {
  const full = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failuresBefore, 10));
  return full * (1 - random / 4);
}
