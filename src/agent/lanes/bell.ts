/** Tells those who wait that something may be otherwise now. */
export interface Bell {
  ring(): void;
  /** Asks at each ring until it is so, or the time is over. Throws the reason of an interruption. */
  until(isSo: () => boolean, interrupted: AbortSignal, limitMs?: number): Promise<void>;
}

export function createBell(): Bell {
  const waiting = new Set<() => void>();
  return {
    ring: () => {
      for (const resolve of [...waiting]) resolve();
    },
    until: async (isSo, interrupted, limitMs) => {
      const isOver = limitMs === undefined ? NEVER : AbortSignal.timeout(limitMs);
      while (!isSo() && !interrupted.aborted && !isOver.aborted) await next(interrupted, isOver);
      interrupted.throwIfAborted();
    },
  };

  function next(...signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        waiting.delete(done);
        for (const signal of signals) signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      for (const signal of signals) signal.addEventListener('abort', done);
    });
  }
}

const NEVER = new AbortController().signal;
