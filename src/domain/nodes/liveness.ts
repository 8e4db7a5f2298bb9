import { refuse } from '../base/error.ts';
import type { Cluster } from '../document/cluster.ts';
import { clusterSetting } from '../document/cluster-settings.ts';

/** All in ms. */
export interface Timing {
  intervalMs: number;
  delayMs: number;
  considerInactiveMs: number;
  considerDeadMs: number;
}

/** Above this many heartbeats a second in all, the interval stretches. */
const BEATS_PER_SECOND_MAX = 250;
/** In steps: each is a new view for every node. */
const STRETCH_STEP = 0.5;

/** The timing of a cluster; refuses one whose stages do not each take twice the one before. */
export function timingOf(cluster: Cluster): Timing {
  const ms = (key: string): number => 1000 * Number(clusterSetting(cluster, key));
  const intervalMs = ms('heartbeat.interval');
  const considerInactiveMs = ms('heartbeat.considerInactive');
  const considerDeadMs = ms('heartbeat.considerDead');
  if (considerInactiveMs < 2 * intervalMs || considerDeadMs < 2 * considerInactiveMs) {
    throw refuse(
      'BAD_VALUE',
      'these heartbeat times do not fit together',
      `interval ${intervalMs / 1000} s, considerInactive ${considerInactiveMs / 1000} s, considerDead ${considerDeadMs / 1000} s: each must be at least twice the one before`,
      'to raise them, change considerDead first; to lower them, interval first',
    );
  }
  const count = Object.keys(cluster.nodes).length;
  const needed = (count * 1000) / (BEATS_PER_SECOND_MAX * intervalMs);
  const stretch = Math.max(1, Math.ceil(needed / STRETCH_STEP) * STRETCH_STEP);
  return {
    intervalMs: Math.round(intervalMs * stretch),
    delayMs: ms('heartbeat.delay'),
    considerInactiveMs: Math.round(considerInactiveMs * stretch),
    considerDeadMs: Math.round(considerDeadMs * stretch),
  };
}

export type Alive = 'active' | 'inactive' | 'dead' | 'unknown';

/**
 * How a node is by the age of its last sign of life. All times on one monotonic clock, in ms.
 * `listeningMs` is since when the judge has heard the bus without a gap: silence from before does
 * not count, and until it has listened for considerInactive it judges nobody.
 */
export function judge(
  timing: Timing,
  nowMs: number,
  listeningMs: number,
  lastSignMs: number | undefined,
): Alive {
  const heardSince = lastSignMs !== undefined && lastSignMs >= listeningMs;
  const silenceMs = nowMs - Math.max(listeningMs, lastSignMs ?? listeningMs);
  if (silenceMs < timing.considerInactiveMs) return heardSince ? 'active' : 'unknown';
  return silenceMs < timing.considerDeadMs ? 'inactive' : 'dead';
}
