import { stillShown } from '../access/tokens.ts';
import { refuse } from '../base/error.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { keptExportOf } from '../document/kept-export.ts';
import { settingsOf } from '../document/settings.ts';
import { recentlyFormer } from '../nodes/leave.ts';
import { timingOf } from '../nodes/liveness.ts';
import type { Verdicts } from '../nodes/verdicts.ts';
import type { Catalogue } from '../roles/role.ts';
import { confirmedWith, nodesWith } from '../roles/roles.ts';
import { balancerPool } from '../traffic/balancer-pools.ts';
import { type AnnouncedRoute, poolsOf, routePool } from '../traffic/pools.ts';
import type { BusUser, ControllerKeys, Pool, ProvenVersion, Version, View } from './view.ts';

export interface ViewInput {
  cluster: Cluster;
  version: ProvenVersion;
  controllerKeys: ControllerKeys;
  catalogue: Catalogue;
  verdicts: Verdicts;
  announced: readonly AnnouncedRoute[];
  /** ISO time: tokens and removed nodes have a bus user for a while after their end. */
  at: string;
}

/** The part of the cluster that one node needs. */
export function viewFor(input: ViewInput, nodeId: string): View {
  const { cluster, catalogue } = input;
  const node = cluster.nodes[nodeId];
  if (node === undefined) throw refuse('UNKNOWN_NODE', `there is no node '${nodeId}'`);
  const has = (role: string): boolean => role in node.roles;
  return {
    format: 1,
    cluster: {
      id: cluster.id,
      endpoint: cluster.endpoint,
      core: coreAddress(cluster),
      busPort: busPort(cluster, catalogue),
    },
    version: input.version,
    node,
    settings: Object.fromEntries(
      ['cluster', ...Object.keys(node.roles)].map((component) => [
        component,
        settingsOf(cluster, catalogue, component),
      ]),
    ),
    pools: poolsForNode(input, node),
    routes: has('router') ? routesOf(cluster, input.announced) : [],
    announced: has('router') ? [...input.announced] : [],
    certificates: has('router') || has('load_balancer') ? Object.values(cluster.certificates) : [],
    busUsers: has('primary') ? busUsersOf(cluster, input.controllerKeys.controller, input.at) : [],
    ...(has('primary') ? { warden: input.controllerKeys.warden } : {}),
    document: has('primary') ? cluster : null,
    trustedProxies: has('router')
      ? confirmedWith(cluster, 'load_balancer').map((balancer) => balancer.address)
      : [],
    keptExport: keptExportOf(cluster, node),
    heartbeatMs: timingOf(cluster).intervalMs,
  };
}

export function versionOf(cluster: Cluster, hash: string): Version {
  const { lineage, epoch, revision } = cluster;
  return { lineage, epoch, revision, hash };
}

export function coreAddress(cluster: Cluster): string {
  return nodesWith(cluster, 'primary')[0]?.address ?? '';
}

export function busPort(cluster: Cluster, catalogue: Catalogue): number {
  return Number(settingsOf(cluster, catalogue, 'primary').port);
}

function poolsForNode(input: ViewInput, node: Node): Pool[] {
  const { cluster, catalogue, announced, verdicts } = input;
  const isRouter = 'router' in node.roles;
  // A controller makes the views of all nodes at once, and most have no pool.
  if (!isRouter && !('load_balancer' in node.roles)) return [];
  const pools = poolsOf(cluster, catalogue, announced, verdicts.outages);
  if (isRouter) return pools.filter((pool) => pool.kind !== 'routers');
  const routers = pools.find((pool) => pool.kind === 'routers')!;
  return [balancerPool(cluster, catalogue, node, routers)];
}

function routesOf(cluster: Cluster, announced: readonly AnnouncedRoute[]): View['routes'] {
  const routes = new Map<string, View['routes'][number]>();
  for (const { host, path, backend, sticky } of announced) {
    const pool = routePool(host, path);
    routes.set(pool, { host, path, backends: [backend], sticky, pool });
  }
  for (const route of Object.values(cluster.routes)) {
    const pool = routePool(route.host, route.path);
    routes.set(pool, { ...route, pool });
  }
  return [...routes.values()].sort((a, b) => (a.pool < b.pool ? -1 : 1));
}

function busUsersOf(cluster: Cluster, controllerKey: string, at: string): BusUser[] {
  return [
    { kind: 'controller', key: controllerKey },
    ...Object.values(cluster.nodes).map(({ id, key }): BusUser => ({ kind: 'node', id, key })),
    ...Object.values(recentlyFormer(cluster, at)).map(
      ({ id, key }): BusUser => ({ kind: 'former', id, key }),
    ),
    ...Object.values(stillShown(cluster, at)).map(
      ({ id, key }): BusUser => ({ kind: 'join', id, key }),
    ),
    ...Object.values(cluster.announcers).map(
      ({ name, key }): BusUser => ({ kind: 'announcer', id: name, key }),
    ),
  ];
}
