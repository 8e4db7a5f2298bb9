import type { Cluster, Node } from '../document/cluster.ts';
import { hostOf } from '../nodes/verdicts.ts';
import type { Catalogue } from '../roles/role.ts';
import { loopJudge } from './backends.ts';
import { pinnedBalancers, pinnedMembers, routersFor } from './load-balancer.ts';
import type { Pool, PoolMember } from './pools.ts';
import { neverEmpty } from './pools.ts';
import { balancerRoles } from './proxies.ts';

/**
 * A load balancer's own pool: pinned addresses as given, or the cluster's routers. One that became a
 * load balancer since is left out: requests might go round in a circle.
 */
export function balancerPool(
  cluster: Cluster,
  catalogue: Catalogue,
  balancer: Node,
  routers: Pool,
): Pool {
  if (balancer.pinnedRouters === null) {
    const wanted = routersFor(cluster, catalogue, balancer);
    const own = routers.members.filter(({ address }) => wanted.includes(hostOf(address)));
    return { ...routers, members: neverEmpty(own) };
  }
  const isLoop = loopJudge(cluster, catalogue, balancerRoles(catalogue));
  const good = pinnedMembers(cluster, catalogue, balancer).filter((one) => !isLoop(one));
  const pinned = good.map((address): PoolMember => {
    const known = routers.members.find((member) => member.address === address);
    return known ?? { address, state: 'in' };
  });
  return { ...routers, name: `routers of ${balancer.name}`, members: neverEmpty(pinned) };
}

/** The pools of those load balancers that do not follow the cluster's routers. */
export function pinnedPools(
  cluster: Cluster,
  catalogue: Catalogue,
  pools: readonly Pool[],
): Pool[] {
  const routers = pools.find(({ kind }) => kind === 'routers')!;
  return pinnedBalancers(cluster, catalogue).map((balancer) =>
    balancerPool(cluster, catalogue, balancer, routers),
  );
}
