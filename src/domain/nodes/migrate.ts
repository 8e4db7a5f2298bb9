import { type KatoError, refuse } from '../base/error.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { routePool } from '../traffic/pools.ts';
import { isCore } from './core.ts';
import type { Elsewhere } from './displaced.ts';
import { findNode } from './find-node.ts';
import { hostOf } from './verdicts.ts';

export interface Migrate {
  node: string;
  address: string;
  /** Although no machine has said that it is this node at that address, or the node lives. */
  force: boolean;
  /** Machines that said that they have its identity, and are elsewhere. */
  elsewhere: readonly Elsewhere[];
  /** What the node itself has, where it lives and was asked. */
  own: readonly string[];
}

export interface Migrated {
  node: string;
  id: string;
  from: string;
  to: string;
  /** A machine is there that goes on as the node. */
  isThere: boolean;
  /** Load balancers whose explicit routers were changed with it. */
  balancers: string[];
  /** Routes that lead to the old address still: they were given by a person. */
  routes: string[];
}

/** Gives a node another address: its machine, its data and its roles stay what they are. */
export function migrateNode(
  cluster: Cluster,
  params: Migrate,
  { catalogue }: Pick<Asked, 'catalogue'>,
): Decision<Migrated> {
  const node = findNode(cluster, params.node);
  const { address: to } = params;
  const from = node.address;
  const claim = params.elsewhere.find((machine) => machine.address === to);
  const balancers = Object.values(cluster.nodes).filter(({ pinnedRouters }) =>
    pinnedRouters?.includes(from),
  );
  const result = {
    ...{ node: node.name, id: node.id, from, to },
    isThere: claim !== undefined || params.own.includes(to),
    balancers: balancers.map(({ name }) => name),
    routes: routesTo(cluster, from),
  };
  if (from === to) return unchanged(cluster, { ...result, balancers: [], routes: [] });
  const refusal = isCore(node, catalogue)
    ? coreStays(node)
    : refusalOf(cluster, node, params, claim);
  if (refusal !== undefined) throw refusal;
  const follow = (router: string): string => (router === from ? to : router);
  const followed = balancers.map((balancer) => {
    const pinnedRouters = balancer.pinnedRouters!.map(follow);
    return [balancer.id, { ...balancer, pinnedRouters }] as const;
  });
  const machineId = claim?.machineId || node.machineId;
  const nodes = {
    ...cluster.nodes,
    ...Object.fromEntries(followed),
    [node.id]: { ...node, address: to, machineId },
  };
  return changed(cluster, { nodes }, result);
}

function coreStays(node: Node): KatoError {
  return refuse(
    'CONFLICT',
    `the core ${node.name} cannot be migrated`,
    'all nodes look for the cluster at its address',
    `give its machine ${node.address} again; a new machine with that address goes on from an export: kato node setup core --recover-from FILE`,
  );
}

function refusalOf(
  cluster: Cluster,
  node: Node,
  { address, force, elsewhere, own }: Migrate,
  claim: Elsewhere | undefined,
): KatoError | undefined {
  const holder = Object.values(cluster.nodes).find((other) => other.address === address);
  if (holder !== undefined) {
    return refuse(
      'CONFLICT',
      `the address ${address} belongs to node ${holder.name}`,
      undefined,
      'kato node list shows all nodes',
    );
  }
  if (force || own.includes(address)) return undefined;
  if (claim === undefined) return unclaimed(node, address, elsewhere);
  if (!claim.isOriginalAlive) return undefined;
  return refuse(
    'CONFLICT',
    `node ${node.name} is alive at ${node.address}`,
    `the machine at ${address} is a copy of it`,
    'kato node attach there makes the copy a node of its own; --force makes it this one',
  );
}

/** A typing error would take the node out of the cluster. */
function unclaimed(
  { name, address: from }: Node,
  address: string,
  elsewhere: readonly Elsewhere[],
): KatoError {
  const [other] = elsewhere;
  return refuse(
    'CONFLICT',
    `no machine has said that it is ${name} at ${address}`,
    other === undefined
      ? 'a node whose address has changed says so by itself, when its agent runs'
      : `one has said so at ${other.address}`,
    other === undefined
      ? 'kato node boot on the machine starts it; --force skips this check'
      : `kato node migrate ${from} ${other.address}`,
  );
}

function routesTo({ routes }: Cluster, address: string): string[] {
  return Object.values(routes)
    .filter(({ backends }) => backends.some((backend) => hostOf(backend) === address))
    .map(({ host, path }) => routePool(host, path));
}
