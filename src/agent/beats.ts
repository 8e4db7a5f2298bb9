const DEFAULT_HEARTBEAT_MS = 2000;

export interface Beats {
  /**
   * Controllers that had lost the bus must learn at once which nodes are there and what they have
   * seen.
   */
  now(): void;
  end(): void;
}

/** Gives signs of life until the signal, none before `delayMs`: as often as `everyMs` says at the time. */
export function startBeating(options: {
  delayMs: number;
  /** By the newest view; null before there was one. */
  everyMs(): number | null;
  beat(): void;
  signal: AbortSignal;
}): Beats {
  const { delayMs, everyMs, beat, signal } = options;
  const fromMs = performance.now() + delayMs;
  const next = (): void => {
    clearTimeout(timer);
    if (signal.aborted) return;
    beat();
    timer = setTimeout(next, everyMs() ?? DEFAULT_HEARTBEAT_MS);
  };
  let timer = setTimeout(next, delayMs);
  return {
    now: () => {
      if (performance.now() >= fromMs) next();
    },
    end: () => clearTimeout(timer),
  };
}
