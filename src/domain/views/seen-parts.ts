import { stillShown } from '../access/tokens.ts';
import { valuesInOrder } from '../base/own.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { clusterSetting, OF_AGENTS } from '../document/cluster-settings.ts';
import { keptExportOf } from '../document/kept-export.ts';
import { settingsOf } from '../document/settings.ts';
import { busPort, coreAddress } from '../nodes/core.ts';
import { recentlyFormer } from '../nodes/leave.ts';
import { timingOf } from '../nodes/liveness.ts';
import type { Verdicts } from '../nodes/verdicts.ts';
import type { Catalogue, RoleDefinition, Seen } from '../roles/role.ts';
import { confirmedWith, rolesOf, seenBy } from '../roles/roles.ts';
import { balancerPool } from '../traffic/balancer-pools.ts';
import { type AnnouncedRoute, type Pool, poolsOf, routePool } from '../traffic/pools.ts';
import { ROUTERS } from '../traffic/proxies.ts';
import type { Part, Parts } from './parts.ts';
import type { BusUser, ControllerKeys, KeptExport, Peer, ProvenVersion, View } from './view.ts';

export interface ViewInput {
  cluster: Cluster;
  version: ProvenVersion;
  controllerKeys: ControllerKeys;
  catalogue: Catalogue;
  verdicts: Verdicts;
  announced: readonly AnnouncedRoute[];
  /** ISO time: tokens and removed nodes have a bus user for a while after their end. */
  at: string;
  /** Names and store revisions of a node's secrets: never their values, for a hash of a weak one tells it. */
  secretsOf?: (node: Node) => string;
}

/** What a view says beside its version and the node's own record. */
export type Values = Omit<View, 'format' | 'version' | 'node'>;

const NOTHING: Part<null> = { value: null, hash: '' };

/** What is in a node's view beside its own record, by the name that it has there. */
export function partsOf(
  input: ViewInput,
  { part }: Parts,
  node: Node,
): { [name in keyof Values]?: Part<Values[name]> } {
  const { cluster, catalogue, announced, controllerKeys, at } = input;
  const { nodes, settings } = cluster;
  const all = part('all', [cluster.id, cluster.endpoint, nodes, settings], () => ({
    id: cluster.id,
    endpoint: cluster.endpoint,
    core: coreAddress(cluster, catalogue),
    busPort: busPort(cluster, catalogue),
  }));
  const timing = part('timing', [nodes, settings], () => timingOf(cluster).intervalMs);
  const roles = rolesOf(catalogue, node).map(({ name }) => name);
  const own = part(`settings of ${roles.join(' ')}`, [settings, catalogue], () => ({
    cluster: Object.fromEntries(OF_AGENTS.map((key) => [key, clusterSetting(cluster, key)])),
    ...Object.fromEntries(roles.map((name) => [name, settingsOf(cluster, catalogue, name)])),
  }));
  const kept = part('kept export', [nodes, settings, cluster.exportKey], () => {
    const { id = '', ...rest } = keptExportOf(cluster) ?? {};
    return { id, kept: id === '' ? null : (rest as KeptExport) };
  });
  const seen = seenBy(catalogue, node);
  return {
    cluster: all,
    heartbeatMs: timing,
    settings: own,
    keptExport: kept.value.id === node.id ? { ...kept, value: kept.value.kept } : NOTHING,
    ...poolParts(input, part, node, seen),
    ...(seen.has('certificates')
      ? {
          certificates: part('certificates', [cluster.certificates], () =>
            valuesInOrder(cluster.certificates),
          ),
        }
      : {}),
    ...(seen.has('routes')
      ? {
          routes: part('routes', [cluster.routes, announced], () => routesOf(cluster, announced)),
          announced: part('announced', [announced], () => [...announced]),
        }
      : {}),
    ...(seen.has('users')
      ? {
          busUsers: part(
            'users',
            [nodes, cluster.former, cluster.tokens, cluster.announcers, at],
            () => busUsersOf(cluster, controllerKeys.controller, at),
          ),
          warden: part('warden', [controllerKeys], () => controllerKeys.warden),
        }
      : {}),
    ...(seen.has('document')
      ? {
          document: part(
            'document',
            [cluster],
            () => cluster,
            () => input.version.hash,
          ),
        }
      : {}),
    ...nodeParts(input, part, node, seen),
  };
}

/** Other nodes: those with the same role, and those that send requests to what a role serves. */
function nodeParts(
  { cluster, catalogue }: ViewInput,
  part: Parts['part'],
  node: Node,
  seen: ReadonlySet<Seen>,
): { trustedProxies?: Part<string[]>; peers?: Part<Record<string, Peer[]>> } {
  const { nodes } = cluster;
  const own = rolesOf(catalogue, node);
  const clients = own.filter(({ sees }) => sees.includes('clients'));
  const seers = own.filter(({ sees }) => sees.includes('peers')).map(({ name }) => name);
  return {
    ...(seen.has('clients')
      ? {
          trustedProxies: part(
            `clients of ${clients.map(({ name }) => name).join(' ')}`,
            [nodes, catalogue],
            () => clientsOf(cluster, catalogue, clients),
          ),
        }
      : {}),
    ...(seers.length === 0
      ? {}
      : {
          peers: part(`peers of ${node.id}`, [nodes, node], () =>
            Object.fromEntries(seers.map((role) => [role, peersOf(cluster, node, role)])),
          ),
        }),
  };
}

function clientsOf(
  cluster: Cluster,
  catalogue: Catalogue,
  served: readonly RoleDefinition[],
): string[] {
  const pools = served.map(({ serves }) => `pools/${serves?.pool}` as const);
  const roles = [...catalogue.roles.values()].filter(({ sees }) =>
    pools.some((pool) => sees.includes(pool)),
  );
  const addresses = roles.flatMap(({ name }) =>
    confirmedWith(cluster, name).map(({ address }) => address),
  );
  return [...new Set(addresses)].sort();
}

function peersOf(cluster: Cluster, { id: own }: Node, role: string): Peer[] {
  return confirmedWith(cluster, role)
    .filter(({ id }) => id !== own)
    .map(({ id, name, address }) => ({ id, name, address }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function poolParts(
  input: ViewInput,
  part: Parts['part'],
  node: Node,
  seen: ReadonlySet<Seen>,
): { pools?: Part<Pool[]> } {
  const { cluster, catalogue, announced, verdicts } = input;
  const { nodes, routes, settings } = cluster;
  const names = [...seen].filter((one) => one.startsWith('pools/')).map((one) => one.slice(6));
  if (names.length === 0 && !seen.has('routes')) return {};
  // Each user of it has a hash of its own.
  const pools = part(
    'all pools',
    [nodes, routes, settings, announced, verdicts.outages, catalogue],
    () => poolsOf(cluster, catalogue, announced, verdicts.outages),
    () => '',
  );
  const sees = ({ kind, name }: Pool): boolean =>
    kind === 'route' ? seen.has('routes') : names.includes(name);
  const isOwn = names.includes(ROUTERS);
  return {
    pools: part(
      `pools ${[...names, seen.has('routes'), isOwn ? node.id : ''].join(' ')}`,
      isOwn ? [pools.value, node] : [pools.value],
      () =>
        pools.value
          .filter(sees)
          .map((pool) => (pool.name === ROUTERS && pool.kind !== 'route' ? ownPool(pool) : pool)),
    ),
  };

  /** A balancer may have been given its routers by a person. */
  function ownPool(pool: Pool): Pool {
    return balancerPool(cluster, catalogue, node, pool);
  }
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
    ...valuesInOrder(cluster.nodes).map(({ id, key }): BusUser => ({ kind: 'node', id, key })),
    ...valuesInOrder(recentlyFormer(cluster, at)).map(
      ({ id, key }): BusUser => ({ kind: 'former', id, key }),
    ),
    ...valuesInOrder(stillShown(cluster, at)).map(
      ({ id, key }): BusUser => ({ kind: 'join', id, key }),
    ),
    ...valuesInOrder(cluster.announcers).map(
      ({ name, key }): BusUser => ({ kind: 'announcer', id: name, key }),
    ),
  ];
}
