/** So much at once, and so much in a second for ever. */
export interface Rate {
  burst: number;
  perSecond: number;
}

/** What each sender may still say. Times are monotonic, in ms. */
export interface Meter {
  /** Whether the sender may say what costs so much: if so, it is counted. */
  takes(sender: string, rate: Rate, cost: number, nowMs: number): boolean;
  /** Counts what it cost to serve the sender, which is known only afterwards. */
  pays(sender: string, rate: Rate, cost: number): void;
}

/** Senders are few, since the bus vouches for each; of these that many are remembered who said something. */
const REMEMBERED_MAX = 20_000;

export function meter(): Meter {
  const levels = new Map<string, { left: number; atMs: number }>();
  return {
    // Whoever floods is refused here a hundred thousand times a second: nothing new is made.
    takes: (sender, { burst, perSecond }, cost, nowMs) => {
      let level = levels.get(sender);
      if (level === undefined) {
        level = { left: burst, atMs: nowMs };
        if (levels.size === REMEMBERED_MAX) levels.delete(levels.keys().next().value!);
        levels.set(sender, level);
      }
      const gained = ((nowMs - level.atMs) / 1000) * perSecond;
      level.left = Math.min(burst, level.left + gained);
      level.atMs = nowMs;
      if (level.left < cost) return false;
      level.left -= cost;
      return true;
    },
    pays: (sender, { burst }, cost) => {
      const level = levels.get(sender);
      // The debt is as small as the burst, so that it is over soon.
      if (level !== undefined) level.left = Math.max(-burst, level.left - cost);
    },
  };
}
