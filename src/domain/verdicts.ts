import type { Cluster } from './cluster.ts';
import type { Alive } from './liveness.ts';
import { nextOutages, type Outages } from './pools.ts';
import type { Pool } from './view.ts';

/**
 * What the controllers together hold of who is alive. Shared, so that two controllers give the
 * same views; a controller that judges nobody yet goes by it.
 */
export interface Verdicts {
  /** Nodes that are not active. Without an entry: active. */
  silent: Record<string, { state: 'inactive' | 'dead' | 'left'; since: string }>;
  outages: Outages;
}

export const NO_VERDICTS: Verdicts = { silent: {}, outages: {} };

/**
 * Only a sign of life makes a verdict lighter: a controller that has listened for a shorter time
 * would call inactive what another knows to be dead, and silence after a goodbye is expected.
 */
const WEIGHT = { inactive: 1, dead: 2, left: 3 };

/** The next verdicts from one controller's own judgement; `unknown` leaves the one before. */
export function nextVerdicts(
  cluster: Cluster,
  pools: readonly Pool[],
  before: Verdicts,
  alive: ReadonlyMap<string, Alive | 'left'>,
  nowMs: number,
): Verdicts {
  const silent: Verdicts['silent'] = {};
  // A node that has not connected yet is neither alive nor silent.
  const judged = Object.values(cluster.nodes).filter((node) => node.pendingUntil === null);
  for (const node of judged) {
    const was = before.silent[node.id];
    const now = alive.get(node.id) ?? 'unknown';
    if (now === 'active') continue;
    if (was !== undefined && (now === 'unknown' || WEIGHT[now] <= WEIGHT[was.state])) {
      silent[node.id] = was;
    } else if (now !== 'unknown') {
      silent[node.id] = { state: now, since: new Date(nowMs).toISOString() };
    }
  }
  const gone = new Set(
    Object.values(cluster.nodes)
      .filter((node) => isGone({ silent, outages: {} }, node.id))
      .map((node) => node.address),
  );
  const isGoneAddress = (address: string): boolean => gone.has(hostOf(address));
  return { silent, outages: nextOutages(pools, before.outages, isGoneAddress, nowMs) };
}

/** Dead, or asked to go: its place may be taken and pools leave it out. */
export function isGone(verdicts: Verdicts, nodeId: string): boolean {
  const state = verdicts.silent[nodeId]?.state;
  return state === 'dead' || state === 'left';
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
