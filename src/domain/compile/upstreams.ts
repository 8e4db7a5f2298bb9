import { sha256 } from '../hash.ts';
import { isBackend } from '../names.ts';
import type { Pool, PoolMember, View } from '../view.ts';

/** One `upstream` of nginx. */
export interface UpstreamView {
  name: string;
  /** Shared memory for the health of its servers, in kB. */
  zoneKb: number;
  servers: { address: string; backup: boolean }[];
  /**
   * The whole pool once more, for when all servers fail. nginx would refuse requests for 2 s, and
   * may be wrong: the end of a kept connection counts as a failure. So may the pool be that this
   * node knew last: whom liveness took out can have returned unheard.
   */
  lastResort: string[];
}

/** A server takes about 1 kB; nginx wants 32 kB at least. */
const ZONE_BASE_KB = 64;
const ZONE_KB_PER_SERVER = 2;
const NAME_LENGTH_MAX = 80;
const ID_LENGTH = 12;

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
  const live = members.filter((member) => member.state === 'in');
  return usable(live.length > 0 ? live : members);
}

export function upstream(name: string, pool: Pool): UpstreamView {
  const everyone = usable(pool.members);
  const servers = addressesOf(pool).map((address) => ({ address, backup: false }));
  return withZone(name, servers, everyone.length > 1 ? everyone : []);
}

/** All requests go to `first` while it can be reached, then to any other. */
export function upstreamOfOne(name: string, pool: Pool, first: string): UpstreamView {
  const others = addressesOf(pool).filter((address) => address !== first);
  const backups = others.map((address) => ({ address, backup: true }));
  return withZone(name, [{ address: first, backup: false }, ...backups], []);
}

function withZone(
  name: string,
  servers: UpstreamView['servers'],
  lastResort: string[],
): UpstreamView {
  const lines = servers.length + lastResort.length;
  return { name, zoneKb: ZONE_BASE_KB + ZONE_KB_PER_SERVER * lines, servers, lastResort };
}

/** A name that nginx takes for what has other characters, still readable and without two alike. */
export function upstreamName(poolName: string): string {
  const readable = poolName.replaceAll(/[^a-z0-9.-]/g, '_').slice(0, NAME_LENGTH_MAX);
  return readable === poolName ? `route_${poolName}` : `route_${readable}_${idOf(poolName)}`;
}

/** Stands for a backend where its address is not to be seen, such as in a cookie. */
export function idOf(text: string): string {
  return sha256(text).slice(0, ID_LENGTH);
}

function usable(members: readonly PoolMember[]): string[] {
  const addresses = members.map((member) => member.address);
  return [...new Set(addresses)].filter(isBackend).sort();
}
