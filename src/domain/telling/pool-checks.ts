import { hostOf } from '../nodes/verdicts.ts';
import type { Catalogue } from '../roles/role.ts';
import { rolesServing } from '../roles/roles.ts';
import type { PoolMember } from '../traffic/pools.ts';
import type { Check } from './check.ts';
import { hasGone, type PoolStatus, type Status } from './status.ts';

/**
 * Pools as they are seen to be, not as they are wanted: members that liveness or a last resort leaves
 * in serve nobody while their node is gone or their role does not run there.
 */
export function poolChecks(status: Status, catalogue: Catalogue): Check[] {
  return status.pools.flatMap((pool): Check[] => {
    const message = unserved(status, pool, catalogue);
    if (message === null) return [];
    return [{ name: 'pools', level: 'critical', message, subject: pool.name, value: 0 }];
  });
}

/** What is to be said of a pool in which nobody serves; null where somebody does. */
export function unserved(
  status: Pick<Status, 'nodes'>,
  pool: PoolStatus,
  catalogue: Catalogue,
): string | null {
  const { name, members } = pool;
  // Of the backends of routes their nodes alone are known.
  const roles = pool.kind === 'route' ? [] : rolesServing(catalogue, name);
  if (members.some((member) => serves(status, pool, member, roles))) return null;
  return `the pool ${name} ${members.length === 0 ? 'has no member' : 'has no member that serves'}`;
}

/**
 * As far as is known: nothing is of a machine that is no node, nor of a backend on a node that was
 * halted: it is no process of kato's, and the machine may run on.
 */
function serves(
  { nodes }: Pick<Status, 'nodes'>,
  { kind }: PoolStatus,
  { address, state }: PoolMember,
  roles: readonly string[],
): boolean {
  const node = nodes.find((one) => one.address === hostOf(address));
  if (node === undefined || (kind === 'route' && node.state === 'left')) return state === 'in';
  if (hasGone(node.state)) return false;
  const role = node.roles.find(({ name }) => roles.includes(name));
  return role === undefined || role.state === 'running';
}
