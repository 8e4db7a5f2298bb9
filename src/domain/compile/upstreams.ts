import { isIPv4 } from 'node:net';
import { sha256 } from '../hash.ts';
import type { Pool } from '../view.ts';

/** One `upstream` of nginx. */
export interface UpstreamView {
  name: string;
  /** Shared memory for the health of its servers, in kB. */
  zoneKb: number;
  servers: { address: string; backup: boolean }[];
  /**
   * All of a pool once more, for when nginx holds every one of them to be dead: it would refuse
   * requests for 2 s, and may be wrong, for the end of a kept connection counts as a failure.
   */
  lastResort: string[];
}

/** A server takes about 1 kB; nginx wants 32 kB at least. */
const ZONE_BASE_KB = 64;
const ZONE_KB_PER_SERVER = 2;
const NAME_LENGTH_MAX = 80;
const ID_LENGTH = 12;

/**
 * The addresses of a pool that get requests: those that are in, or all when liveness took every
 * one out, since trying is better than refusing. An address that nginx would refuse is left out,
 * so that one bad route cannot hold up the rest.
 */
export function addressesOf(pool: Pool | undefined): string[] {
  const members = pool?.members ?? [];
  const live = members.filter((member) => member.state === 'in');
  const addresses = (live.length > 0 ? live : members).map((member) => member.address);
  return [...new Set(addresses)].filter(isAddress).sort();
}

export function upstream(name: string, addresses: string[], backups: string[] = []): UpstreamView {
  const servers = [
    ...addresses.map((address) => ({ address, backup: false })),
    ...backups.map((address) => ({ address, backup: true })),
  ];
  const lastResort = addresses.length > 1 ? addresses : [];
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

function isAddress(text: string): boolean {
  const [host = '', port = '', ...more] = text.split(':');
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return more.length === 0 && isIPv4(host) && number > 0 && number < 65_536;
}
