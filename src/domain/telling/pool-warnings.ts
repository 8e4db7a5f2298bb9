import type { Cluster } from '../document/cluster.ts';
import type { Report } from '../making/step.ts';
import { outUntilMs } from '../nodes/damping.ts';
import { hostOf, isGone, onGone, type Verdicts } from '../nodes/verdicts.ts';
import type { Catalogue } from '../roles/role.ts';
import { loopJudge, proxyPorts, whyLoop } from '../traffic/backends.ts';
import { pinnedBalancers, pinnedMembers } from '../traffic/load-balancer.ts';
import type { Pool } from '../traffic/pools.ts';
import { braked, routePool } from '../traffic/pools.ts';
import { balancerRoles } from '../traffic/proxies.ts';
import { unserved } from './pool-checks.ts';
import { hasGone, type NodeStatus, type Warning } from './status.ts';

const NAMED_MAX = 5;

interface PoolWarningsInput {
  cluster: Cluster;
  catalogue: Catalogue;
  verdicts: Verdicts;
  pools: readonly Pool[];
  /** As they are told to be. */
  nodes: NodeStatus[];
  reports: ReadonlyMap<string, Pick<Report, 'unreachable'>>;
  nowMs: number;
}

/** What is wrong with pools, and why they leave out whom they leave out. */
export function poolWarnings(input: PoolWarningsInput): Warning[] {
  return [
    ...memberWarnings(input),
    ...unreachableWarnings(input),
    ...flapWarnings(input),
    ...loopWarnings(input),
  ];
}

function memberWarnings(input: PoolWarningsInput): Warning[] {
  const { cluster, catalogue, verdicts, pools } = input;
  const isGone = onGone(cluster, verdicts);
  const isDead = onGone(cluster, verdicts, ['dead']);
  return pools.flatMap((pool): Warning[] => {
    const message = unserved(input, pool, catalogue);
    const empty: Warning[] = message === null ? [] : [{ code: 'POOL_EMPTY', message }];
    if (pool.members.length === 0) return empty;
    const kept = braked(pool, isGone);
    const dead = kept.filter(isDead);
    const left = kept.filter((member) => !isDead(member));
    const brakes = [
      ...(dead.length === 0 ? [] : [`keeps dead members: ${dead.join(', ')}`]),
      ...(left.length === 0 ? [] : [`keeps members on nodes that have left: ${left.join(', ')}`]),
    ].map((what): Warning => ({ code: 'POOL_BRAKE', message: `the pool ${pool.name} ${what}` }));
    return [...empty, ...brakes];
  });
}

/** Members that should serve, and take no connections from some node. */
function unreachableWarnings(input: PoolWarningsInput): Warning[] {
  const isGone = onGone(input.cluster, input.verdicts);
  const all = input.pools.flatMap(({ members }) => members);
  const wanted = all.filter(({ address, state }) => state === 'in' && !isGone(address));
  const addresses = new Set(wanted.map(({ address }) => address));
  return input.nodes.flatMap(({ id, name, state }): Warning[] => {
    const told = input.reports.get(id)?.unreachable ?? [];
    const found = hasGone(state) ? [] : told.filter((one) => addresses.has(one));
    if (found.length === 0) return [];
    const more = found.length > NAMED_MAX ? ` and ${found.length - NAMED_MAX} more` : '';
    const message = `${name} cannot reach ${found.slice(0, NAMED_MAX).join(', ')}${more}`;
    return [{ code: 'BACKEND_AWAY', message, node: name }];
  });
}

/** Nodes that live, and that some pool leaves out all the same. */
function flapWarnings({ cluster, verdicts, pools, nowMs }: PoolWarningsInput): Warning[] {
  const members = pools.flatMap((pool) => pool.members);
  const left = new Set(members.flatMap(({ address, state }) => (state === 'in' ? [] : [address])));
  const hosts = new Set([...left].map(hostOf));
  return Object.values(cluster.nodes).flatMap(({ id, name, address }): Warning[] => {
    const flaps = verdicts.flaps?.[id];
    if (flaps?.out !== true || isGone(verdicts, id) || !hosts.has(address)) return [];
    const minutes = Math.max(1, Math.ceil((outUntilMs(flaps) - nowMs) / 60_000));
    const message = `${name} keeps dying and coming back: pools leave it out for ${minutes} min more`;
    return [{ code: 'NODE_FLAPS', message, node: name }];
  });
}

function loopWarnings({ cluster, catalogue }: PoolWarningsInput): Warning[] {
  const isLoop = loopJudge(cluster, catalogue);
  const isBalancer = loopJudge(cluster, catalogue, balancerRoles(catalogue));
  const proxies = proxyPorts(cluster, catalogue);
  const warn = (who: string, backend: string): Warning => ({
    code: 'BACKEND_LOOP',
    message: `${who} leaves out ${backend}: it ${whyLoop(proxies, backend)}`,
  });
  return [
    ...Object.values(cluster.routes).flatMap((route) =>
      route.backends
        .filter((backend) => isLoop(backend, route))
        .map((backend) => warn(`the route ${routePool(route.host, route.path)}`, backend)),
    ),
    ...pinnedBalancers(cluster, catalogue).flatMap((balancer) =>
      pinnedMembers(cluster, catalogue, balancer)
        .filter((member) => isBalancer(member))
        .map((member) => warn(`the load balancer ${balancer.name}`, member)),
    ),
  ];
}
