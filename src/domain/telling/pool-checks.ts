import { hostOf } from '../nodes/verdicts.ts';
import type { PoolMember } from '../traffic/pools.ts';
import type { Check } from './check.ts';
import { hasGone, type PoolStatus, type Status } from './status.ts';

/**
 * Pools as they are seen to be, not as they are wanted: members that liveness or a last resort leaves
 * in serve nobody while their node is gone or their role does not run there.
 */
export function poolChecks(status: Status): Check[] {
  return status.pools.flatMap((pool) => servedCheck(status, pool));
}

function servedCheck(status: Status, pool: PoolStatus): Check[] {
  const { name, members } = pool;
  if (members.some((member) => serves(status, pool, member))) return [];
  const message = members.length === 0 ? 'has no member' : 'has no member that serves';
  return [
    {
      name: 'pools',
      level: 'critical',
      message: `the pool ${name} ${message}`,
      subject: name,
      value: 0,
    },
  ];
}

/**
 * As far as is known: nothing is of a machine that is no node, nor of a backend on a node that was
 * halted: it is no process of kato's, and the machine may run on.
 */
function serves({ nodes }: Status, { kind }: PoolStatus, { address, state }: PoolMember): boolean {
  const node = nodes.find((one) => one.address === hostOf(address));
  if (node === undefined || (kind === 'route' && node.state === 'left')) return state === 'in';
  if (hasGone(node.state)) return false;
  const role = node.roles.find(({ name }) => name === ROLE_OF[kind]);
  return role === undefined || role.state === 'running';
}

/** Of others their nodes alone are known. */
const ROLE_OF: { [kind in PoolStatus['kind']]?: string } = {
  routers: 'router',
  controllers: 'controller',
};
