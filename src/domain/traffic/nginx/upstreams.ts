import { sha256 } from '../../base/hash.ts';
import { isBackend } from '../../base/names.ts';
import type { View } from '../../views/view.ts';
import { neverEmpty, type Pool, type PoolMember } from '../pools.ts';

/** One `upstream` of nginx. */
export interface UpstreamValues {
  name: string;
  servers: { address: string; backup: boolean }[];
  /**
   * When all servers fail they are asked once more, on new connections alone, and then the whole
   * pool. nginx would refuse requests for 2 s, and may be wrong: the end of a kept connection counts
   * as a failure. So may the pool be that this node knew last: whom liveness took out can have
   * returned unheard. Empty for a pool of one.
   */
  lastResort: string[];
}

/** All of one nginx: their workers share what they know of the health of the servers. */
export interface Upstreams {
  upstreams: UpstreamValues[];
  /** Shared memory for it, in kB. */
  zoneKb: number;
}

/**
 * Found by asking nginx for less and less, 1.22 and 1.26 alike: it refuses below 32 kB, and takes
 * 0.8 kB for a server and 0.3 kB for an upstream with a long name. The rest is a margin.
 */
const ZONE_BASE_KB = 64;
const ZONE_KB_PER_SERVER = 1;
const ZONE_KB_PER_UPSTREAM = 0.5;
const NAME_LENGTH_MAX = 80;
const ID_LENGTH = 12;
const ALONE = '~alone';

/** Stands for a pool that the view does not have. */
export const EMPTY_POOL: Pool = { name: '', kind: 'route', sticky: false, members: [] };

/** The pool of the cluster's own routers or controllers. */
export function poolOfKind({ pools }: View, kind: Exclude<Pool['kind'], 'route'>): Pool {
  return pools.find((pool) => pool.kind === kind) ?? EMPTY_POOL;
}

/**
 * The addresses of a pool that get requests: those that are in, or all when liveness took every
 * one out, since trying is better than refusing. An address that nginx would refuse is left out,
 * so that one bad route cannot hold up the rest.
 */
export function addressesOf({ members }: Pool): string[] {
  return usable(neverEmpty(members).filter(({ state }) => state === 'in'));
}

export function upstream(pool: Pool): UpstreamValues {
  const servers = addressesOf(pool).map((address) => ({ address, backup: false }));
  const lastResort = hasSeveral(pool) ? usable(pool.members) : [];
  return { name: upstreamName(pool), servers, lastResort };
}

/** All requests go to `first` while it can be reached, then to any other. */
export function upstreamOfOne(name: string, pool: Pool, first: string): UpstreamValues {
  const others = addressesOf(pool).filter((address) => address !== first);
  const backups = others.map((address) => ({ address, backup: true }));
  return { name, servers: [{ address: first, backup: false }, ...backups], lastResort: [] };
}

/** One zone for all: with one for each, 5,000 routes took 340 MB a generation, most of it unused. */
export function sharingZone(upstreams: UpstreamValues[]): Upstreams {
  const servers = upstreams.flatMap((one) => one.servers).length;
  const kb = ZONE_KB_PER_SERVER * servers + ZONE_KB_PER_UPSTREAM * upstreams.length;
  return { upstreams, zoneKb: ZONE_BASE_KB + Math.ceil(kb) };
}

/**
 * The name of a pool's upstream. The templates find the last resort by it: `NAME~again` for `NAME`
 * and for the `NAME~ID` of a backend of its own. A pool of one has none: nginx tries all kept
 * connections to it, and then a new one.
 */
export function upstreamName(pool: Pool): string {
  const name = pool.kind === 'route' ? routeName(pool.name) : pool.kind;
  return hasSeveral(pool) ? name : `${name}${ALONE}`;
}

export function hasSeveral({ members }: Pool): boolean {
  return usable(members).length > 1;
}

/** A name that nginx takes for what has other characters, still readable and without two alike. */
function routeName(poolName: string): string {
  const readable = poolName.replaceAll(/[^a-z0-9.-]/g, '_').slice(0, NAME_LENGTH_MAX);
  return readable === poolName ? `route_${poolName}` : `route_${readable}_${idOf(poolName)}`;
}

/** Stands for a backend where its address must not be visible, such as in a cookie. */
export function idOf(text: string): string {
  return sha256(text).slice(0, ID_LENGTH);
}

function usable(members: readonly PoolMember[]): string[] {
  const addresses = members.map((member) => member.address);
  return [...new Set(addresses)].filter(isBackend).sort();
}
