import type { Cluster, Node } from '../document/cluster.ts';
import { hasGone, type NodeState } from '../telling/status.ts';
import type { Pool } from '../traffic/pools.ts';
import { nextOutages, type Outages } from '../traffic/pools.ts';
import { type Flaps, returned, settled } from './damping.ts';
import type { Alive } from './liveness.ts';
import type { Ready } from './ready.ts';

/**
 * The controllers' joint judgement of who is alive. Shared, so that two controllers give the same
 * views; a controller that cannot judge yet goes by it.
 */
export interface Verdicts {
  /** Nodes that are not active. Without an entry: active. */
  silent: Record<string, { state: 'inactive' | 'dead' | 'left'; since: string }>;
  outages: Outages;
  /** Nodes that died and came back lately, by id; absent where none did. `atMs` is of the epoch. */
  flaps?: Record<string, Flaps>;
  /** Kept on its own in the store, where controllers of 0.1.0 leave it as it is. */
  ready?: Ready;
}

/** Whether the role of a node that serves a pool does so, as it has told. */
type ServesTold = (node: Node, pool: string) => 'yes' | 'no' | 'unknown';

export const NO_VERDICTS: Verdicts = { silent: {}, outages: {} };

/**
 * Only a sign of life makes a verdict lighter: a controller that has listened for a shorter time
 * would call inactive what another knows to be dead, and silence after a goodbye is expected.
 */
const WEIGHT = { inactive: 1, dead: 2, left: 3 };

/** The next verdicts from one controller's own judgement, without `ready`; `unknown` leaves the one before. */
export function nextVerdicts(
  cluster: Cluster,
  pools: readonly Pool[],
  before: Verdicts,
  alive: ReadonlyMap<string, Alive | 'left'>,
  nowMs: number,
  told: ServesTold = () => 'yes',
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
  const flaps = nextFlaps(cluster, before, alive, nowMs);
  const isOut = onOut(cluster, { silent }, told);
  const outages = nextOutages(pools, before.outages, isOut, nowMs, onDamped(cluster, { flaps }));
  // Never an empty record: a controller of 0.1.0 takes it away, and they would write for ever.
  return { silent, outages, ...(Object.keys(flaps).length > 0 ? { flaps } : {}) };
}

/** Each return of a dead node counts once: with it, its verdict is gone. */
function nextFlaps(
  { nodes }: Cluster,
  before: Verdicts,
  alive: ReadonlyMap<string, Alive | 'left'>,
  nowMs: number,
): Record<string, Flaps> {
  const flaps: Record<string, Flaps> = {};
  for (const id of Object.keys(nodes)) {
    const was = before.flaps?.[id];
    const isBack = before.silent[id]?.state === 'dead' && alive.get(id) === 'active';
    const now = isBack ? returned(was, nowMs) : was && settled(was, nowMs);
    if (now != null) flaps[id] = now;
  }
  return flaps;
}

export function isGone({ silent }: Pick<Verdicts, 'silent'>, nodeId: string): boolean {
  return hasGone(silent[nodeId]?.state);
}

/** Whether a member of a pool, `address:port`, is on a node that is gone, or on one of these. */
export function onGone(
  cluster: Cluster,
  { silent }: Pick<Verdicts, 'silent'>,
  states: readonly NodeState[] = ['dead', 'left'],
): (member: string) => boolean {
  const isOne = (id: string): boolean =>
    silent[id] !== undefined && states.includes(silent[id].state);
  const nodes = Object.values(cluster.nodes).filter(({ id }) => isOne(id));
  const gone = new Set(nodes.map((node) => node.address));
  return (member) => gone.has(hostOf(member));
}

/** Whether a member does not serve: who came back has to say first that it does. */
function onOut(
  cluster: Cluster,
  verdicts: Pick<Verdicts, 'silent'>,
  told: ServesTold,
): (member: string, pool: Pool, wasOut: boolean) => boolean {
  const isGone = onGone(cluster, verdicts);
  const nodes = new Map(Object.values(cluster.nodes).map((node) => [node.address, node]));
  return (member, pool, wasOut) => {
    if (isGone(member)) return true;
    const node = pool.kind === 'route' ? undefined : nodes.get(hostOf(member));
    if (node === undefined) return false;
    const serves = told(node, pool.name);
    return serves === 'no' || (serves === 'unknown' && wasOut);
  };
}

/** The same for nodes that came back too often: pools may do without them for a while. */
function onDamped(
  cluster: Cluster,
  { flaps = {} }: Pick<Verdicts, 'flaps'>,
): (member: string) => boolean {
  const nodes = Object.values(cluster.nodes).filter(({ id }) => flaps[id]?.out === true);
  const damped = new Set(nodes.map((node) => node.address));
  return (member) => damped.has(hostOf(member));
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
