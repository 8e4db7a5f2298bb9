import { stillShown } from '../access/tokens.ts';
import { sha256 } from '../base/hash.ts';
import { valuesInOrder } from '../base/own.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { keptExportOf } from '../document/kept-export.ts';
import { busPort, coreAddress } from '../nodes/core.ts';
import { recentlyFormer } from '../nodes/leave.ts';
import { timingOf } from '../nodes/liveness.ts';
import type { Verdicts } from '../nodes/verdicts.ts';
import type { Catalogue, RoleDefinition } from '../roles/role.ts';
import { confirmedWith, seesPools } from '../roles/roles.ts';
import { balancerPool } from '../traffic/balancer-pools.ts';
import { type AnnouncedRoute, type Pool, poolsOf, routePool } from '../traffic/pools.ts';
import { ROUTERS } from '../traffic/proxies.ts';
import { type Asks, asksOf } from './asks.ts';
import type { Part, Parts } from './parts.ts';
import { awaitedSettings, wantedSettings } from './seen-settings.ts';
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

type ViewParts = { readonly [name in keyof Values]?: Part<Values[name]> };

const NOTHING: Part<null> = { value: null, hash: '' };

/** What is in a node's view beside its own record, by the name that it has there. */
export function partsOf(input: ViewInput, parts: Parts, node: Node): ViewParts {
  const asks = asksOf(input.catalogue, node);
  const shared = parts.group(asks.roles, () => sharedParts(input, parts, asks));
  const own = ownParts(input, parts, node, asks);
  return own === null ? shared : { ...shared, ...own };
}

/** What all nodes with the same roles are given. */
function sharedParts(input: ViewInput, { part }: Parts, asks: Asks): ViewParts {
  const { cluster, catalogue, announced, controllerKeys, at } = input;
  const { nodes, settings } = cluster;
  const { definitions, seen } = asks;
  return {
    cluster: part('all', [cluster.id, cluster.endpoint, nodes, settings], () => ({
      id: cluster.id,
      endpoint: cluster.endpoint,
      core: coreAddress(cluster, catalogue),
      busPort: busPort(cluster, catalogue),
    })),
    heartbeatMs: part('timing', [nodes, settings], () => timingOf(cluster).intervalMs),
    settings: wantedSettings(input, part, asks),
    keptExport: NOTHING,
    ...(seesPools(seen) ? { pools: poolsSeen(input, part, asks) } : {}),
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
            // Written with their keys in one order: sorting them would cost more than all the rest.
            (users) => sha256(JSON.stringify(users)),
          ),
          warden: part('warden', [controllerKeys], () => controllerKeys.warden),
        }
      : {}),
    ...(seen.has('document')
      ? {
          document: part(
            'document',
            [cluster, input.version.hash],
            () => cluster,
            () => input.version.hash,
          ),
        }
      : {}),
    ...(seen.has('clients') ? { trustedProxies: clientsSeen(input, part, definitions) } : {}),
  };
}

/** What is of one node alone; null for the many that have nothing of the kind. */
function ownParts(input: ViewInput, { part }: Parts, node: Node, asks: Asks): ViewParts | null {
  const { cluster } = input;
  const { nodes, settings, exportKey } = cluster;
  const { pools, seers } = asks;
  const kept = part('kept export', [nodes, settings, exportKey], () => {
    const { id = '', ...rest } = keptExportOf(cluster) ?? {};
    return { id, kept: id === '' ? null : (rest as KeptExport) };
  });
  const keepsExport = kept.value.id === node.id;
  const balances = pools.includes(ROUTERS);
  const awaited = awaitedSettings(input, part, node, asks);
  if (!keepsExport && !balances && awaited === null && seers.length === 0) return null;
  return {
    ...(awaited === null ? {} : { settings: awaited }),
    ...(keepsExport ? { keptExport: { ...kept, value: kept.value.kept } } : {}),
    ...(balances ? { pools: ownPools(input, part, node, asks) } : {}),
    ...(seers.length === 0
      ? {}
      : {
          peers: part(`peers of ${node.id}`, [nodes, node], () =>
            Object.fromEntries(seers.map((role) => [role, peersOf(cluster, node, role)])),
          ),
        }),
  };
}

/** Who sends requests to what these roles serve. */
function clientsSeen(
  { cluster, catalogue }: ViewInput,
  part: Parts['part'],
  definitions: readonly RoleDefinition[],
): Part<string[]> {
  const clients = definitions.filter(({ sees }) => sees.includes('clients'));
  const names = clients.map(({ name }) => name).join(' ');
  return part(`clients of ${names}`, [cluster.nodes, catalogue], () =>
    clientsOf(cluster, catalogue, clients),
  );
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

function poolsSeen(
  input: ViewInput,
  part: Parts['part'],
  { pools: names, seen }: Asks,
): Part<Pool[]> {
  const all = allPools(input, part);
  const isSeen = ({ kind, name }: Pool): boolean =>
    kind === 'route' ? seen.has('routes') : names.includes(name);
  return part(`pools ${[...names, seen.has('routes')].join(' ')}`, [all], () => all.filter(isSeen));
}

/** A balancer may have been given its routers by a person. */
function ownPools(input: ViewInput, part: Parts['part'], node: Node, asks: Asks): Part<Pool[]> {
  const { cluster, catalogue } = input;
  const { nodes, settings, rolls } = cluster;
  const { value: seen } = poolsSeen(input, part, asks);
  return part(`pools of ${node.id}`, [seen, nodes, settings, rolls, catalogue, node], () =>
    seen.map((pool) =>
      pool.name === ROUTERS && pool.kind !== 'route'
        ? balancerPool(cluster, catalogue, node, pool)
        : pool,
    ),
  );
}

function allPools(
  { cluster, catalogue, announced, verdicts }: ViewInput,
  part: Parts['part'],
): Pool[] {
  const { nodes, routes, settings, rolls } = cluster;
  const all = part(
    'all pools',
    [nodes, routes, settings, rolls, announced, verdicts, catalogue],
    () => poolsOf(cluster, catalogue, announced, verdicts),
    () => '',
  );
  return all.value;
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
