import type { Cluster } from '../document/cluster.ts';
import { type Alive, judge, type Timing } from './liveness.ts';

/** The bus is asked several times in an interval, so that this is more than a late answer. */
const DEAF_INTERVALS = 1.5;

/** What one controller has heard of the nodes. All times in ms on its own monotonic clock. */
export interface Hearing {
  /** Since when nothing can have been missed. */
  sinceMs: number;
  /** The bus has answered nothing since: whether it passes signs of life on already is not known. */
  isNew: boolean;
  /** Until when everything has been heard that the bus had to say. */
  untilMs: number;
  /** The last sign of life of each node. */
  signs: Map<string, number>;
  /** When each node became known: one that has just joined was not silent before. */
  knownSince: Map<string, number>;
  /** Nodes that were too long silent since their last sign of life: longer times do not undo that. */
  silent: Set<string>;
  /** Nodes that said that they shut down. */
  leaving: Set<string>;
}

export function startHearing(nowMs: number, signs = new Map<string, number>()): Hearing {
  return {
    sinceMs: nowMs,
    isNew: true,
    untilMs: nowMs,
    signs,
    knownSince: new Map(),
    silent: new Set(),
    leaving: new Set(),
  };
}

export function hear(hearing: Hearing, nodeId: string, leaving: boolean, nowMs: number): void {
  hearing.signs.set(nodeId, nowMs);
  hearing.silent.delete(nodeId);
  if (leaving) hearing.leaving.add(nodeId);
  else hearing.leaving.delete(nodeId);
}

/** Something may have been missed before now. */
export function restartHearing(hearing: Hearing, nowMs: number): void {
  hearing.sinceMs = nowMs;
  hearing.isNew = true;
}

/**
 * The bus has answered what it was asked at `askedMs`, so all that it said before has been heard.
 * After more than a while without an answer (the bus was away, the network was cut, or the
 * controller itself was frozen) it listens anew before it calls anybody silent.
 */
export function heardUntil(
  hearing: Hearing,
  timing: Timing,
  askedMs: number,
  answeredMs = askedMs,
): void {
  const wasDeaf = askedMs - hearing.untilMs > DEAF_INTERVALS * timing.intervalMs;
  if (wasDeaf) restartHearing(hearing, askedMs);
  if (hearing.isNew && askedMs >= hearing.sinceMs) {
    hearing.isNew = false;
    // It knew by then what this controller wants to hear, and not before for sure.
    hearing.sinceMs = answeredMs;
  }
  hearing.untilMs = askedMs;
}

/** How each node was when the bus answered last: silence after that may be the controller's own. */
export function judgeAll(
  hearing: Hearing,
  cluster: Cluster,
  timing: Timing,
): ReadonlyMap<string, Alive | 'left'> {
  keepUp(hearing, cluster);
  return new Map(
    Object.keys(cluster.nodes).map((id) => {
      if (hearing.leaving.has(id)) return [id, 'left'];
      const sinceMs = Math.max(hearing.sinceMs, hearing.knownSince.get(id)!);
      const alive = judge(timing, hearing.untilMs, sinceMs, hearing.signs.get(id));
      if (alive === 'inactive' || alive === 'dead') hearing.silent.add(id);
      // Only a sign of life makes it active again, whatever the times have become.
      return [id, alive === 'active' && hearing.silent.has(id) ? 'unknown' : alive];
    }),
  );
}

function keepUp(
  { signs, knownSince, silent, leaving, untilMs }: Hearing,
  { nodes }: Cluster,
): void {
  for (const id of [...knownSince.keys()].filter((known) => nodes[known] === undefined)) {
    signs.delete(id);
    knownSince.delete(id);
    silent.delete(id);
    leaving.delete(id);
  }
  for (const { id, pendingUntil } of Object.values(nodes)) {
    // A pending node is not expected to be heard yet.
    if (pendingUntil !== null || !knownSince.has(id)) knownSince.set(id, untilMs);
  }
}
