import type { Cluster, Node } from '../document/cluster.ts';
import { isReady, type Ready } from '../nodes/ready.ts';
import type { Catalogue } from '../roles/role.ts';
import { confirmedWith, nodesWith } from '../roles/roles.ts';
import { isWanted } from '../roles/wanted-since.ts';
import { loopJudge } from './backends.ts';
import { servedPorts } from './served-ports.ts';

/** A backend that a component announced by `router.register`. In memory only, never in the document. */
export interface AnnouncedRoute {
  announcer: string;
  host: string;
  path: string;
  /** `address:port`. */
  backend: string;
  sticky: boolean;
}

/** A named set of backends that an nginx balances over. */
export interface Pool {
  name: string;
  kind: 'routers' | 'controllers' | 'role' | 'route';
  sticky: boolean;
  members: PoolMember[];
}

export interface PoolMember {
  /** `address:port`. */
  address: string;
  /** `out` by liveness; passive health of nginx is not seen here. */
  state: 'in' | 'out';
}

/** Addresses that liveness took out, with the time (ISO): pool to address to time. */
export type Outages = Record<string, Record<string, string>>;

/** What controllers judge of nodes, as far as pools go by it. */
export interface Judged {
  outages: Outages;
  /** Those that are not active, by id. */
  silent: Readonly<Record<string, { state: 'inactive' | 'dead' | 'left' }>>;
  ready?: Ready;
}

/** Liveness by itself takes out at most this share of a pool's desired members ... */
const BRAKE_PART = 0.5;
/** ... within this time. */
const BRAKE_WINDOW_MS = 60_000;
/** No more than this part of a pool is out for flapping, those included that are gone. */
const DAMPED_PART = 0.5;

/**
 * All pools of the cluster as they are wanted, with what liveness took out marked. A route never has
 * a router in its pool, not even as one that is out: as the last resort it would be tried.
 */
export function poolsOf(
  cluster: Cluster,
  catalogue: Catalogue,
  announced: readonly AnnouncedRoute[],
  judged: Judged,
): Pool[] {
  const { outages } = judged;
  const backends = new Map<string, { sticky: boolean; addresses: Set<string> }>();
  const put = (name: string, sticky: boolean, addresses: string[]): void => {
    const pool = backends.get(name) ?? { sticky: false, addresses: new Set<string>() };
    pool.sticky ||= sticky;
    for (const address of addresses) pool.addresses.add(address);
    backends.set(name, pool);
  };
  const isLoop = loopJudge(cluster, catalogue);
  for (const route of Object.values(cluster.routes)) {
    const { host, path, sticky } = route;
    const good = route.backends.filter((backend) => !isLoop(backend, route));
    put(routePool(host, path), sticky, good);
  }
  for (const { host, path, backend, sticky } of announced) {
    if (!isLoop(backend)) put(routePool(host, path), sticky, [backend]);
  }
  return [
    ...rolePools(cluster, catalogue, judged),
    ...[...backends]
      .sort(byName)
      .map(([name, { sticky, addresses }]) => pool(name, 'route', [...addresses], sticky, outages)),
  ];
}

/** Not as they came: all controllers are to make the same of the same document. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/**
 * What roles serve: its members are the nodes that have the role, and nobody is about to stop it there. First
 * those of roles that need others, as requests come by them.
 */
function rolePools(cluster: Cluster, catalogue: Catalogue, judged: Judged): Pool[] {
  const depthOf = (role: string, above: readonly string[] = []): number => {
    const needs = (catalogue.roles.get(role)?.needs ?? []).filter((one) => !above.includes(one));
    return 1 + Math.max(0, ...needs.map((one) => depthOf(one, [...above, role])));
  };
  const roles = [...catalogue.roles.values()].sort((a, b) => depthOf(b.name) - depthOf(a.name));
  return roles.flatMap((definition) => {
    const { name: role, serves } = definition;
    // Nobody misses a pool of which nobody is to be a member.
    if (serves === null || nodesWith(cluster, role).length === 0) return [];
    const portOn = servedPorts(cluster, catalogue, definition);
    const members = staying(cluster, catalogue, role, judged).map(
      (node) => `${node.address}:${portOn(node.id)}`,
    );
    return [pool(serves.pool, kindOf(serves.pool), members, false, judged.outages)];
  });
}

/** Agents of 0.1.0 know two pools of roles by their kinds. */
function kindOf(name: string): Pool['kind'] {
  return name === 'routers' || name === 'controllers' ? name : 'role';
}

/** A route's name: its key in the document, what its pool is called, and what people type. */
export function routePool(host: string, path: string): string {
  return path === '/' ? host : `${host}${path}`;
}

/**
 * Nodes with the role, without those on which a person has it stopped, a process of it held, or all halted:
 * they are no members that failed, which a brake or a last resort would keep, and leave before they stop. Nor
 * is one that was not ready yet: another program may have its port.
 */
export function staying(
  cluster: Cluster,
  catalogue: Catalogue,
  role: string,
  { silent, ready }: Judged,
): Node[] {
  return confirmedWith(cluster, role).filter(
    (node) =>
      isWanted(node, role, catalogue) &&
      silent[node.id]?.state !== 'left' &&
      isReady(ready, node, role),
  );
}

function pool(
  name: string,
  kind: Pool['kind'],
  addresses: readonly string[],
  sticky: boolean,
  outages: Outages,
): Pool {
  const out = outages[outageKey({ name, kind })] ?? {};
  const members = [...addresses].sort(byNumber).map((address): PoolMember => {
    return { address, state: address in out ? 'out' : 'in' };
  });
  return { name, kind, sticky, members: neverEmpty(members) };
}

/** 10.0.0.9 comes before 10.0.0.10. */
const byNumber = new Intl.Collator('en', { numeric: true }).compare;

/** Members that are all out are all tried: the ones that liveness left in may have been removed. */
export function neverEmpty(members: PoolMember[]): PoolMember[] {
  if (members.some((member) => member.state === 'in')) return members;
  return members.map(({ address }) => ({ address, state: 'in' }));
}

/** A route may be called as the pools of the cluster itself. */
function outageKey({ name, kind }: Pick<Pool, 'name' | 'kind'>): string {
  return kind === 'route' ? `route ${name}` : name;
}

/**
 * Which members are taken out now. One that does not serve goes out unless the brake holds it: then passive
 * health of nginx alone deals with it. One that serves again is in at once, unless it `flaps`:
 * then it stays out while others can do without it, which are alive and more than half.
 */
export function nextOutages(
  pools: readonly Pool[],
  before: Outages,
  isGone: (address: string, pool: Pool, wasOut: boolean) => boolean,
  nowMs: number,
  flaps: (address: string) => boolean = () => false,
): Outages {
  const outages: Outages = {};
  for (const pool of pools) {
    const key = outageKey(pool);
    const addresses = pool.members.map((member) => member.address);
    const gone = addresses.filter((one) => isGone(one, pool, one in (before[key] ?? {})));
    const was = Object.entries(before[key] ?? {})
      .filter(([address]) => addresses.includes(address))
      .map(([address, since]): [string, string] => [address, notAhead(since, nowMs)]);
    const isStill = ([address]: [string, string]): boolean => gone.includes(address);
    const stillGone = was.filter(isStill);
    const room = Math.floor(addresses.length * DAMPED_PART) - gone.length;
    const damped = was.filter((one) => !isStill(one) && flaps(one[0]));
    const kept = [...stillGone, ...damped.sort(byTime).slice(0, Math.max(0, room))];
    const out = withGone(Object.fromEntries(kept), gone, addresses.length, nowMs);
    if (Object.keys(out).length > 0) outages[key] = out;
  }
  return outages;
}

function withGone(
  kept: Readonly<Record<string, string>>,
  gone: readonly string[],
  count: number,
  nowMs: number,
): Record<string, string> {
  const out = { ...kept };
  const recent = Object.values(out).filter((since) => nowMs - Date.parse(since) < BRAKE_WINDOW_MS);
  let allowed = Math.floor(count * BRAKE_PART) - recent.length;
  for (const address of gone) {
    const last = Object.keys(out).length + 1 === count;
    if (address in out || allowed <= 0 || last) continue;
    out[address] = new Date(nowMs).toISOString();
    allowed--;
  }
  return out;
}

function byTime([addressA, a]: [string, string], [addressB, b]: [string, string]): number {
  return a < b || (a === b && addressA < addressB) ? -1 : 1;
}

/**
 * A clock that was set back, or that of another controller, makes an outage begin in the future: it
 * would hold the brake until then. A little ahead is no matter, and no reason for a write.
 */
function notAhead(since: string, nowMs: number): string {
  const aheadMs = Date.parse(since) - nowMs;
  return aheadMs > BRAKE_WINDOW_MS ? new Date(nowMs).toISOString() : since;
}

/** Dead members that the brake keeps in a pool. */
export function braked(pool: Pool, isGone: (address: string) => boolean): string[] {
  return pool.members
    .filter((member) => member.state === 'in' && isGone(member.address))
    .map((member) => member.address);
}
