import { stillShown } from '../access/tokens.ts';
import { refuse } from '../base/error.ts';
import { hashOf } from '../base/hash.ts';
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
import { type Part, type Parts, startParts } from './parts.ts';
import type { BusUser, ControllerKeys, KeptExport, ProvenVersion, Version, View } from './view.ts';

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

/** The views of one state of the cluster, each made when it is asked for. */
export interface Views {
  /** Hash over all that is in a node's view but its version, and which secrets go with it. */
  contentOf(nodeId: string): string;
  viewOf(nodeId: string): View;
  /** For the views of the next state. */
  readonly parts: Parts;
  readonly contents: ReadonlyMap<string, Content>;
}

/** What a hash was made of: a node whose record and parts are the same has the same. */
interface Content {
  node: Node;
  key: string;
  hash: string;
}

/** The part of the cluster that one node needs. */
export function viewFor(input: ViewInput, nodeId: string): View {
  return viewsOf(input).viewOf(nodeId);
}

/** The views of a state, made of those of the one `before` as far as nothing changed. */
export function viewsOf(input: ViewInput, before?: Pick<Views, 'parts' | 'contents'>): Views {
  const parts = startParts(before?.parts);
  const contents = new Map<string, Content>();
  const nodeCalled = (id: string): Node => {
    const node = input.cluster.nodes[id];
    if (node !== undefined) return node;
    throw refuse('UNKNOWN_NODE', `there is no node '${id}'`);
  };
  return {
    parts,
    contents,
    contentOf: (id) => {
      const known = contents.get(id);
      if (known !== undefined) return known.hash;
      const node = nodeCalled(id);
      const own = Object.entries(partsOf(input, parts, node));
      const secrets = input.secretsOf?.(node) ?? '';
      const key = [...own.map(([name, { hash }]) => `${name} ${hash}`), secrets].join(' ');
      const was = before?.contents.get(id);
      const isSame = was?.node === node && was.key === key;
      const content = isSame ? was : { node, key, hash: hashOf([node, key]) };
      contents.set(id, content);
      return content.hash;
    },
    viewOf: (id) => {
      const node = nodeCalled(id);
      const own = Object.entries(partsOf(input, parts, node));
      const values = Object.fromEntries(own.map(([name, { value }]) => [name, value]));
      const { settings, ...rest } = values as unknown as Values;
      return { format: 1, version: input.version, node, settings, ...EMPTY, ...rest };
    },
  };
}

type Values = Omit<View, 'format' | 'version' | 'node'>;

const NOTHING: Part<null> = { value: null, hash: '' };

/** What is in the view of a node that does not see it. */
const EMPTY = {
  pools: [],
  routes: [],
  announced: [],
  certificates: [],
  busUsers: [],
  document: null,
  trustedProxies: [],
};

/** What is in a node's view beside its own record, by the name that it has there. */
function partsOf(
  input: ViewInput,
  { part }: Parts,
  node: Node,
): { [name in keyof Values]?: Part<Values[name]> } {
  const { cluster, catalogue, announced, controllerKeys, at } = input;
  const { nodes, settings } = cluster;
  const has = (role: string): boolean => role in node.roles;
  const all = part('all', [cluster.id, cluster.endpoint, nodes, settings], () => ({
    id: cluster.id,
    endpoint: cluster.endpoint,
    core: coreAddress(cluster),
    busPort: busPort(cluster, catalogue),
  }));
  const timing = part('timing', [nodes, settings], () => timingOf(cluster).intervalMs);
  const components = ['cluster', ...Object.keys(node.roles)];
  const own = part(`settings of ${components.join(' ')}`, [settings, catalogue], () =>
    Object.fromEntries(components.map((name) => [name, settingsOf(cluster, catalogue, name)])),
  );
  const kept = part('kept export', [nodes, settings, cluster.exportKey], () => {
    const { id = '', ...rest } = keptExportOf(cluster) ?? {};
    return { id, kept: id === '' ? null : (rest as KeptExport) };
  });
  const isRouter = has('router');
  return {
    cluster: all,
    heartbeatMs: timing,
    settings: own,
    keptExport: kept.value.id === node.id ? { ...kept, value: kept.value.kept } : NOTHING,
    ...(isRouter || has('load_balancer') ? poolParts(input, part, node) : {}),
    ...(isRouter
      ? {
          routes: part('routes', [cluster.routes, announced], () => routesOf(cluster, announced)),
          announced: part('announced', [announced], () => [...announced]),
          trustedProxies: part('proxies', [nodes], () =>
            confirmedWith(cluster, 'load_balancer').map((balancer) => balancer.address),
          ),
        }
      : {}),
    ...(has('primary')
      ? {
          busUsers: part(
            'users',
            [nodes, cluster.former, cluster.tokens, cluster.announcers, at],
            () => busUsersOf(cluster, controllerKeys.controller, at),
          ),
          warden: part('warden', [controllerKeys], () => controllerKeys.warden),
          document: part(
            'document',
            [cluster],
            () => cluster,
            () => input.version.hash,
          ),
        }
      : {}),
  };
}

function poolParts(input: ViewInput, part: Parts['part'], node: Node) {
  const { cluster, catalogue, announced, verdicts } = input;
  const { nodes, routes, settings } = cluster;
  const from = [nodes, routes, settings, announced, verdicts.outages, catalogue];
  // Each user of it has a hash of its own.
  const pools = part(
    'all pools',
    from,
    () => poolsOf(cluster, catalogue, announced, verdicts.outages),
    () => '',
  );
  return {
    certificates: part('certificates', [cluster.certificates], () =>
      Object.values(cluster.certificates),
    ),
    pools:
      'router' in node.roles
        ? part('router pools', [pools.value], () =>
            pools.value.filter(({ kind }) => kind !== 'routers'),
          )
        : part(`pool of ${node.id}`, [pools.value, node], () => {
            const routers = pools.value.find(({ kind }) => kind === 'routers')!;
            return [balancerPool(cluster, catalogue, node, routers)];
          }),
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
