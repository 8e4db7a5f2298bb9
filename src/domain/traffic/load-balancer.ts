import { refuse } from '../base/error.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { isCore } from '../nodes/core.ts';
import { findNode, withNode } from '../nodes/find-node.ts';
import { without } from '../nodes/records.ts';
import { lastRemoved, serving } from '../roles/last.ts';
import type { Catalogue } from '../roles/role.ts';
import { checkAllowed, isAdmin } from '../roles/role-changes.ts';
import { confirmedWith, definitionOf, nodesWith, shortage } from '../roles/roles.ts';
import { loopJudge } from './backends.ts';
import { balancerRole, balancerRoles, routerRoles } from './proxies.ts';
import { servedPorts } from './served-ports.ts';

export interface SetupLoadBalancer {
  node: string;
  /** Explicit routers pin the pool; empty follows the cluster's routers. */
  addresses: string[];
  excludeSelf: boolean;
  /** Also exchange roles other than `router`, and the last router that serves. */
  force: boolean;
}

export interface LoadBalancerSet {
  node: string;
  exchanged: string[];
  /** Those that are pinned, or else those that serve now. */
  routers: string[];
  pinned: boolean;
  /** Pinned addresses that no router of the cluster has. */
  strangers: string[];
}

/** Makes a node a load balancer and nothing else: the router role it was attached with is exchanged. */
export function setupLoadBalancer(
  cluster: Cluster,
  params: SetupLoadBalancer,
  asked: Asked,
): Decision<LoadBalancerSet> {
  const node = findNode(cluster, params.node);
  const { catalogue } = asked;
  const own = balancerRole(catalogue);
  checkAllowed(cluster, node, own, catalogue, isAdmin(cluster, asked.by));
  const exchanged = Object.keys(node.roles).filter(
    (role) => role !== own && catalogue.roles.get(role)?.given !== 'always',
  );
  checkExchange(node, exchanged, params.force, catalogue);
  const kept = without(node.roles, exchanged);
  const roles = { ...kept, [own]: kept[own] ?? { stopped: null } };
  const addresses = [...new Set(params.addresses)];
  const pinnedRouters = addresses.length > 0 ? addresses : null;
  const after: Node = { ...node, roles, pinnedRouters, excludeSelf: params.excludeSelf };
  const nodes = withNode(cluster, after);
  const then = { ...cluster, ...nodes };
  const refusal = shortage(catalogue, then) ?? lastRemoved(cluster, then, asked, params.force);
  if (refusal !== undefined) throw refusal;
  const routers = routersFor(then, catalogue, after);
  if (routers.length === 0) {
    throw refuse(
      'BAD_VALUE',
      `the load balancer ${node.name} would have no router`,
      'its own address is the only one given, and would be left out',
      'give the address of a router, or none to follow the routers of the cluster',
    );
  }
  if (pinnedRouters !== null) checkNoLoop(then, after, catalogue);
  const known = routerRoles(catalogue).flatMap((role) => nodesWith(then, role));
  const up = routerRoles(catalogue).flatMap((role) => serving(then, role, asked));
  const result = {
    node: node.name,
    exchanged,
    routers:
      pinnedRouters === null
        ? routers.filter((router) => up.some(({ address }) => address === router))
        : routers,
    pinned: pinnedRouters !== null,
    strangers: routers.filter((given) => !known.some(({ address }) => address === given)),
  };
  const same =
    exchanged.length === 0 &&
    node.roles[own] !== undefined &&
    node.excludeSelf === params.excludeSelf &&
    String(node.pinnedRouters) === String(pinnedRouters);
  return same ? unchanged(cluster, result) : changed(cluster, nodes, result);
}

/** Addresses that a load balancer's pool should have, whoever is alive. */
export function routersFor(cluster: Cluster, catalogue: Catalogue, balancer: Node): string[] {
  const routers = routerRoles(catalogue).flatMap((role) => confirmedWith(cluster, role));
  const all = balancer.pinnedRouters ?? routers.map(({ address }) => address);
  return balancer.excludeSelf ? all.filter((address) => address !== balancer.address) : all;
}

/** Where a load balancer with explicit routers sends to, as `address:port`. */
export function pinnedMembers(cluster: Cluster, catalogue: Catalogue, balancer: Node): string[] {
  const [role = ''] = routerRoles(catalogue);
  const portOn = servedPorts(cluster, catalogue, definitionOf(catalogue, role));
  const ids = new Map(confirmedWith(cluster, role).map(({ id, address }) => [address, id]));
  return routersFor(cluster, catalogue, balancer).map(
    (address) => `${address}:${portOn(ids.get(address) ?? '')}`,
  );
}

/** Load balancers that do not follow the cluster's routers. */
export function pinnedBalancers(cluster: Cluster, catalogue: Catalogue): Node[] {
  return balancerRoles(catalogue)
    .flatMap((role) => nodesWith(cluster, role))
    .filter(({ pinnedRouters }) => pinnedRouters !== null);
}

function checkNoLoop(cluster: Cluster, balancer: Node, catalogue: Catalogue): void {
  const isLoop = loopJudge(cluster, catalogue, balancerRoles(catalogue));
  const looping = pinnedMembers(cluster, catalogue, balancer).find((member) => isLoop(member));
  if (looping === undefined) return;
  throw refuse(
    'CONFLICT',
    `the load balancer ${balancer.name} cannot send to ${looping}`,
    'that is the port of a load balancer, and requests would loop',
    'give the address of a router',
  );
}

function checkExchange(
  node: Node,
  exchanged: readonly string[],
  force: boolean,
  catalogue: Catalogue,
): void {
  const others = exchanged.filter((role) => !routerRoles(catalogue).includes(role));
  if (isCore(node, catalogue)) {
    throw refuse(
      'ROLE_EXCLUDED',
      `the core ${node.name} cannot become a load balancer`,
      'a load balancer has no other role, and the core holds the bus',
    );
  }
  if (others.length === 0 || force) return;
  throw refuse(
    'ROLE_EXCLUDED',
    `node ${node.name} also has ${others.map((role) => `'${role}'`).join(', ')}`,
    'a load balancer has no other role',
    'give them up with --force, or set up another node',
  );
}
