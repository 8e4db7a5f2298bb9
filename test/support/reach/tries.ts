import { createIdentity } from '../../../src/bus/identity.ts';
import { proveKey } from '../../../src/bus/joining/join-proof.ts';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Cluster, Node } from '../../../src/domain/document/cluster.ts';
import { nodeJoin } from '../../../src/operations/join.ts';
import {
  type Change,
  checkParams,
  checkRight,
  type Operation,
  resolveNodes,
} from '../../../src/operations/operation.ts';
import { asked, NOW, tokenOf } from '../clusters.ts';
import { OPERATION_PARAMS } from '../operation-params.ts';
import { CHAIN, CHAIN_KEY, CORE, clusterOf, DATA, GROUPS, knowing, MINE, ROLES } from './world.ts';

/** All operations, or with some of them changed: a test looks for what that opens. */
export type Operations = ReadonlyMap<string, Operation>;

/** The clusters that one more thing makes of it that somebody with the token `t1` does. */
export async function nextOf(cluster: Cluster, operations: Operations): Promise<Cluster[]> {
  const next = await joined(cluster, operations);
  for (const by of mineIn(cluster)) {
    for (const [name, params] of changes(by.id)) {
      next.push(...(await tried(cluster, name, params, by, operations)));
    }
    // What controllers do of their own accord once they have heard it.
    for (const version of ['0.1.0', '0.2.0']) {
      const shown = { node: by.id, version, catalogue: ROLES };
      next.push(...(await tried(cluster, 'node.confirm', shown, null, operations)));
    }
  }
  return next;
}

export function mineIn({ nodes }: Cluster): Node[] {
  return MINE.flatMap((id) => nodes[id] ?? []);
}

const KEYS = MINE.map(() => createIdentity());
const JOIN = { secret: 's', catalogue: ROLES, noStart: false, force: true, trial: false };

/** Its next machine joins with each token that there is, as itself, or as if it were another. */
async function joined(cluster: Cluster, operations: Operations): Promise<Cluster[]> {
  const machine = MINE.findIndex((id) => cluster.nodes[id] === undefined);
  if (machine < 0) return [];
  const { key, seed } = KEYS[machine]!;
  const after: Cluster[] = [];
  for (const tokenId of Object.keys(cluster.tokens)) {
    const proof = proveKey(seed, { clusterId: cluster.id, tokenId });
    for (const said of joiners(machine)) {
      const params = { ...JOIN, ...said, hostname: said.name, tokenId, key, proof };
      const made = await tried(cluster, 'node.join', params, null, operations);
      after.push(...made.map((one) => withId(one, key, MINE[machine]!)));
    }
  }
  return after;
}

/** What a machine may say of itself. */
function joiners(machine: number) {
  const own = {
    ...{ name: 'new', address: `10.0.0.7${machine}`, version: '0.2.0', machineId: '' },
    roles: [] as string[],
  };
  return [
    own,
    { ...own, version: '0.1.0' },
    ...[...ROLES, ...GROUPS].map((role) => ({ ...own, roles: [role] })),
    ...['core', 'data', 'gone', CORE, DATA, MINE[0]].map((name) => ({ ...own, name })),
    ...['core', 'data', 'gone'].map((name) => ({ ...own, machineId: `machine-${name}` })),
    ...[1, 2, 3, 4].map((n) => ({ ...own, address: `10.0.0.${n}` })),
  ];
}

/** The joined node by an id that is known beforehand. */
function withId(cluster: Cluster, key: string, id: string): Cluster {
  const own = Object.values(cluster.nodes).find((node) => node.key === key)!;
  const { [own.id]: _own, ...rest } = cluster.nodes;
  return { ...cluster, nodes: { ...rest, [id]: { ...own, id } } };
}

/** Every change, about each node, and of roles and settings all that can be said. */
function changes(by: string): [string, unknown][] {
  const all = [...new Set([by, ...MINE, CORE, DATA])].flatMap((node): [string, unknown][] => [
    ...Object.entries(OPERATION_PARAMS).map(([name, of]): [string, unknown] => [name, of(node)]),
    ...[...ROLES, ...GROUPS].flatMap((role): [string, unknown][] => [
      ...['named', 'only', 'all-but'].map((selection): [string, unknown] => [
        'role.add',
        { node, roles: [role], selection, noStart: false, force: true },
      ]),
      ['role.remove', { node, roles: [role], selection: 'named', purgeData: false, force: true }],
    ]),
    ['role.add', { node, roles: [], selection: 'all', noStart: false }],
    ['config.set', { component: 'cluster', key: 'export.node', act: 'set', value: node }],
    ['state.import', { cluster: STATE, secrets: {}, force: true }],
    ['token.revoke', { id: 't1' }],
    ['certificate.install', { ...CERTIFICATE, update: true }],
  ]);
  return distinct(all);
}

/** Many say the same about each node. */
export function distinct<T>(all: readonly T[]): T[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

const CERTIFICATE = { domain: 'a.example.com', chain: CHAIN, key: CHAIN_KEY };
/** As it was saved when there were fewer nodes. */
const STATE: Cluster = clusterOf(tokenOf('t1'));

/** The cluster afterwards; none where it is refused. Without a node it is a joiner, or controllers. */
async function tried(
  cluster: Cluster,
  name: string,
  params: unknown,
  by: Node | null,
  operations: Operations,
): Promise<Cluster[]> {
  const operation = operations.get(name)!;
  if (operation.kind === 'read') return [];
  return refusedOr([], async () => {
    const meant = meantBy(operation, params, cluster);
    if (by !== null) checkRight(operation, meant, by);
    if (by === null && name === 'node.join') nodeJoin.judge(cluster, meant, 't1', NOW);
    const prepared = await (operation as Change).prepare(knowing(cluster), meant, by!);
    const { changed, cluster: after } = prepared.decide(cluster, asked({ by: by?.id ?? 'join' }));
    return changed ? [after] : [];
  });
}

export function meantBy(operation: Operation, params: unknown, cluster: Cluster): unknown {
  return resolveNodes(operation, checkParams(operation, params), cluster, { retry: false });
}

export async function refusedOr<T>(none: T, does: () => Promise<T>): Promise<T> {
  try {
    return await does();
  } catch (error) {
    if (error instanceof KatoError) return none;
    throw error;
  }
}
