import type { Decision } from '../../src/domain/document/change.ts';
import type { Cluster, Node } from '../../src/domain/document/cluster.ts';
import { hashOfCluster } from '../../src/domain/document/document-hash.ts';
import { NO_VERDICTS } from '../../src/domain/nodes/verdicts.ts';
import type { Pool } from '../../src/domain/traffic/pools.ts';
import { affectedBy } from '../../src/domain/views/affected.ts';
import type { View } from '../../src/domain/views/view.ts';
import { versionOf, viewsOf } from '../../src/domain/views/view-for.ts';
import type { Knowledge } from '../../src/operations/operation.ts';
import { catalogue, NOW, nodeOf } from './clusters.ts';

/** A node as a view shows it, with what a test changes. */
export function testNode(roles: readonly string[], changes: Partial<Node> = {}): Node {
  const own = { id: 'n1', address: '10.0.0.11', key: 'UNODE1', machineId: 'm1', catalogue: [] };
  return nodeOf('one', roles, { ...own, ...changes });
}

/** The view of a node with these roles in a cluster whose core is 10.0.0.1. */
export function testView(roles: readonly string[], changes: Partial<View> = {}): View {
  return {
    format: 1,
    cluster: { id: 'c1', endpoint: 'api.example.com', core: '10.0.0.1', busPort: 4222 },
    version: { lineage: 'l1', epoch: 1, revision: 7, hash: 'h7', proof: '' },
    node: testNode(roles),
    pools: [],
    routes: [],
    announced: [],
    certificates: [],
    busUsers: [],
    document: null,
    trustedProxies: [],
    keptExport: null,
    heartbeatMs: 2000,
    ...changes,
    settings: { ...settingsFor(changes.node ?? testNode(roles)), ...changes.settings },
  };
}

/** Controllers tell of each role that they know, also where nothing is set. */
export function settingsFor({ roles }: Node): View['settings'] {
  return Object.fromEntries(Object.keys(roles).map((role) => [role, {}]));
}

/** What the controllers make of a cluster whose nodes are all alive. */
export function contentsOf(cluster: Cluster): Knowledge['contents'] {
  const version = { ...versionOf(cluster, hashOfCluster(cluster)), proof: '' };
  const { lineage, epoch, revision } = version;
  const input = {
    ...{ cluster, version, catalogue, verdicts: NO_VERDICTS, announced: [], at: NOW },
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
  };
  const { contentOf, actedOn, viewOf } = viewsOf(input);
  const affected = (after: Cluster) => affectedBy(input, after);
  const made = {
    lineage,
    epoch,
    revision,
    verdicts: 0,
    announced: 0,
    secrets: 0,
    time: NOW,
    kato: '0.2.0',
  };
  const isDone = (id: string, content: string | undefined) => content === contentOf(id);
  return { contentOf, actedOn, isDone, viewOf, affectedBy: affected, version, made };
}

/** Ids of the nodes that somebody waits for who made the change. */
export function touched(before: Cluster, decision: Decision<unknown>): string[] {
  return decision.isFollowed ? contentsOf(before).affectedBy(decision.cluster) : [];
}

export function testPool(name: string, kind: Pool['kind'], addresses: string[]): Pool {
  return {
    name,
    kind,
    sticky: false,
    members: addresses.map((address) => ({ address, state: 'in' })),
  };
}

/** A route and the pool that it leads to. */
export function testRoute(host: string, path: string, backends: string[], sticky = false) {
  const name = path === '/' ? host : `${host}${path}`;
  const route: View['routes'][number] = { host, path, backends, sticky, pool: name };
  return { route, pool: { ...testPool(name, 'route', backends), sticky } };
}
