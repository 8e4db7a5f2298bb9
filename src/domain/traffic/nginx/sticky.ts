import type { Pool } from '../pools.ts';
import {
  addressesOf,
  idOf,
  type UpstreamValues,
  upstreamName,
  upstreamOfOne,
} from './upstreams.ts';

/**
 * A pool whose clients stay with one backend. The cookie names the backend, so that one more
 * backend moves nobody, as a hash would. Every backend has an upstream of its own in which the
 * others are backups: when it dies, its clients go to another and get a new cookie. When it is
 * gone, the cookie names nothing and the pool goes round as for a new client.
 */
export interface StickyPool {
  index: number;
  /** The upstream for clients without a cookie. */
  upstream: string;
  /** Where the cookie counts: two pools of one host must not share it. */
  path: string;
  members: { id: string; address: string; upstream: string }[];
  /** Those of the members. */
  upstreams: UpstreamValues[];
}

export function stickyPool(index: number, pool: Pool, path: string): StickyPool {
  const name = upstreamName(pool);
  const members = addressesOf(pool).map((address) => {
    const id = idOf(address);
    return { id, address, upstream: `${name}~${id}` };
  });
  return {
    index,
    upstream: name,
    path,
    members,
    upstreams: members.map((member) => upstreamOfOne(member.upstream, pool, member.address)),
  };
}
