import assert from 'node:assert/strict';
import { KatoError } from '../../../src/domain/base/error.ts';
import { sha256 } from '../../../src/domain/base/hash.ts';
import type { Asked } from '../../../src/domain/document/change.ts';
import type { Cluster, Node, Token } from '../../../src/domain/document/cluster.ts';
import { prove } from '../../../src/domain/document/proof.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { versionOf, viewFor } from '../../../src/domain/views/view-for.ts';
import { OPERATIONS } from '../../../src/operations/index.ts';
import {
  type Change,
  checkRight,
  type Knowledge,
  type Read,
  resolveNodes,
} from '../../../src/operations/operation.ts';
import { SECRETS, secretsFor } from '../../../src/operations/secrets.ts';
import { asked, catalogue, clusterWith, NOW, tokenOf } from '../../support/clusters.ts';
import { contentsOf } from '../../support/views.ts';

const INTRUDER = 'n00000000000b';
const KEY = `U${'A'.repeat(55)}`;
const GROUPS = [...catalogue.groups.keys()];
const ROLES = [...catalogue.roles.keys()];
const PLAIN = ROLES.filter((role) => !['primary', 'controller'].includes(role));

/** Every secret that the cluster has is its own name, so that it is known wherever it comes out. */
const secretNames = (cluster: Cluster): string[] => [
  ...[SECRETS.busCertificate, SECRETS.busKey, SECRETS.busAuthority, SECRETS.controller],
  ...[SECRETS.authorityKey, SECRETS.fallbackCertificate, SECRETS.exportKey('0')],
  ...Object.keys(cluster.nodes).flatMap((id) =>
    ROLES.flatMap((role) =>
      Object.keys(catalogue.roles.get(role)!.secrets).map((name) => SECRETS.ofRole(id, role, name)),
    ),
  ),
];

describe('what a machine with a token can reach by all that it may ask for', () => {
  const tokens: [string, Partial<Token>][] = [
    ['without --roles', { roles: null }],
    ['for no role', { roles: [] }],
    ...PLAIN.map((role): [string, Partial<Token>] => [`for ${role}`, { roles: [role] }]),
    // Made by 0.1.0, which let a token say so.
    ['for a controller', { roles: ['controller'] }],
  ];
  for (const [title, changes] of tokens) {
    it(`contains no secret that it was not granted: a token ${title}`, async () => {
      const token = tokenOf('t1', { ...changes, usesLeft: 1 });
      const granted = grantedBy(token);
      const states = await reachable(token);
      assert.ok(states.length >= 1);
      for (const cluster of states) {
        for (const secret of await seen(cluster)) {
          assert.ok(granted(secret), `${secret}, with ${Object.keys(intruder(cluster).roles)}`);
        }
      }
    });
  }

  it('is more with an admin token, or the test would see nothing', async () => {
    const [cluster] = await joinedAs(tokenOf('t1', { admin: true }));
    const all = await seen(cluster!);
    assert.ok(all.includes(SECRETS.controller) && all.includes(SECRETS.authorityKey));
  });
});

/** Its own passwords, and the keys of certificates if it may serve them. */
function grantedBy({ roles }: Token): (secret: string) => boolean {
  const serves = ['router', 'load_balancer'].some((role) => roles?.includes(role) ?? true);
  return (secret) =>
    secret.startsWith(SECRETS.ofNode(INTRUDER)) || (serves && secret.startsWith('certificate/'));
}

/** All clusters that it can make of one in which it has just joined, by their roles. */
async function reachable(token: Token): Promise<Cluster[]> {
  const found = new Map<string, Cluster>();
  const open = await joinedAs(token);
  for (const cluster of open) {
    const name = JSON.stringify([intruder(cluster)?.roles, Object.keys(cluster.nodes)]);
    if (found.has(name) || intruder(cluster) === undefined) continue;
    found.set(name, cluster);
    for (const [operation, params] of changesToTry()) {
      const next = await tried(cluster, operation, params, intruder(cluster));
      if (next !== null) open.push(next);
    }
  }
  return [...found.values()];
}

async function joinedAs(token: Token): Promise<Cluster[]> {
  const cluster = clusterWith(
    { data: ['redis', 'postgresql'], edge: ['router'] },
    {
      tokens: { t1: { ...token, secretHash: sha256('s') } },
      exportKey: '0',
      settings: { cluster: { 'export.node': 'edge' } },
    },
  );
  const wishes = [[], ...ROLES.map((role) => [role]), ...GROUPS.map((group) => [group])];
  const clusters = await Promise.all(
    wishes.map((roles) => tried(cluster, 'node.join', join(roles))),
  );
  return clusters.filter((one) => one !== null);
}

const join = (roles: readonly string[]) => ({
  ...{ tokenId: 't1', secret: 's', key: KEY, name: 'new', hostname: 'new', address: '10.0.0.77' },
  ...{ machineId: '', version: '0.1.0', catalogue: ROLES, roles, noStart: false, force: true },
  trial: false,
});

function changesToTry(): [string, Record<string, unknown>][] {
  const names = [...ROLES, ...GROUPS];
  const nodes = [INTRUDER, 'core', 'data', 'edge', 'new'];
  return nodes.flatMap((node): [string, Record<string, unknown>][] => [
    ...names.flatMap((role): [string, Record<string, unknown>][] => [
      ...['named', 'only', 'all-but'].map((selection): [string, Record<string, unknown>] => [
        'role.add',
        { node, roles: [role], selection, noStart: false },
      ]),
      ['role.remove', { node, roles: [role], selection: 'named', purgeData: false }],
    ]),
    ['role.add', { node, roles: [], selection: 'all', noStart: false }],
    ['node.setup-load-balancer', { node, addresses: [], excludeSelf: true, force: true }],
    ['node.detach', { node }],
    ['node.confirm', { node, version: '0.1.0', catalogue: ROLES, gone: true }],
    ['config.set', { component: 'cluster', key: 'export.node', act: 'set', value: node }],
    ['state.keep', { node, intervalSeconds: null, key: 'a2V5' }],
    ['token.create', { ...NEW_TOKEN }],
  ]);
}

const NEW_TOKEN = {
  ...{ id: 'token002', secretHash: '0'.repeat(64), key: KEY },
  ...{ roles: null, admin: true, uses: 9, ttlSeconds: 60 },
};

/** The cluster afterwards; null where it is refused. Without a node it is the joiner who asks. */
async function tried(
  cluster: Cluster,
  name: string,
  params: unknown,
  by?: Node,
): Promise<Cluster | null> {
  const operation = OPERATIONS.get(name) as Change;
  try {
    const meant = resolveNodes(operation, params, cluster, { retry: false });
    if (by !== undefined) checkRight(operation, meant, by);
    const prepared = await operation.prepare(knowing(cluster), meant, by!);
    const change: Asked = asked({ by: by?.id ?? 'join' });
    const after = prepared.decide(cluster, change).cluster;
    return by === undefined ? asIntruder(after) : after;
  } catch (error) {
    if (error instanceof KatoError) return null;
    throw error;
  }
}

/** The joined node by an id that is known beforehand. */
function asIntruder(cluster: Cluster): Cluster {
  const joined = Object.values(cluster.nodes).find(({ key }) => key === KEY)!;
  const { [joined.id]: _own, ...others } = cluster.nodes;
  return { ...cluster, nodes: { ...others, [INTRUDER]: { ...joined, id: INTRUDER } } };
}

function intruder(cluster: Cluster): Node {
  return cluster.nodes[INTRUDER]!;
}

/** Names of all secrets that the node is given with its view, or can read out of any answer. */
async function seen(cluster: Cluster): Promise<string[]> {
  const known = knowing(cluster);
  const by = intruder(cluster);
  const version = prove(versionOf(cluster, ''), 'seed');
  const view = viewFor({ ...known, version, at: NOW }, INTRUDER);
  const given = Object.values(await secretsFor(known, view));
  const answers = await Promise.all(
    [...OPERATIONS.values()]
      .filter((operation): operation is Read => operation.kind === 'read')
      .flatMap((operation) => reads(operation.name).map((params) => answer(operation, params, by))),
  );
  const text = JSON.stringify([given, view, answers]);
  return secretNames(cluster).filter((name) => text.includes(`"${name}"`));

  async function answer(operation: Read, params: unknown, asker: Node): Promise<unknown> {
    try {
      const meant = resolveNodes(operation, params, cluster, { retry: false });
      checkRight(operation, meant, asker);
      return await operation.run(known, meant, asker);
    } catch (error) {
      if (error instanceof KatoError) return error.toJSON();
      throw error;
    }
  }
}

/** Parameters that ask for as much as there is. */
function reads(name: string): unknown[] {
  const nodes = [INTRUDER, 'core', 'data'];
  if (name === 'secret.show') {
    return nodes.flatMap((node) => ROLES.map((role) => ({ node, role })));
  }
  if (name === 'node.info') return nodes.map((node) => ({ node }));
  if (name === 'process.list') return [{ node: null }];
  if (name === 'progress') return [{ nodes, revision: 0, seen: 0, waitMs: 0 }];
  if (name === 'history') return [{ limit: 9, node: null }];
  if (name === 'node.displaced') return [{ address: '10.0.0.78', machineId: '', instance: '' }];
  if (name === 'status') return [{ all: true, live: false }];
  if (name === 'config.get') return [{ component: null, key: null }];
  if (name === 'view' || name === 'state.sealed') return [{ known: null }];
  return [{}];
}

function knowing(cluster: Cluster): Knowledge {
  const secrets = Object.fromEntries(secretNames(cluster).map((name) => [name, name]));
  const below = (prefix: string) =>
    Object.fromEntries(Object.entries(secrets).filter(([name]) => name.startsWith(prefix)));
  const known: Partial<Knowledge> = {
    cluster,
    catalogue,
    version: prove(versionOf(cluster, ''), 'seed'),
    older: null,
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
    kato: '0.1.0',
    verdicts: NO_VERDICTS,
    announced: [],
    contents: contentsOf(cluster),
    displaced: new Map(),
    voicesOf: () => ({ heard: [], sideBySide: false }),
    takeDisplaced: async () => {},
    announcements: {
      needsFrom: () => false,
      adopt: async () => false,
      shown: () => ({ announced: [], proof: '' }),
      refused: () => ({}),
    },
    reports: new Map(),
    lastSeen: new Map(),
    now: () => new Date(NOW),
    secret: async (name) => secrets[name] ?? null,
    secretsBelow: async (prefix) => below(prefix),
    askAll: async () => new Map(),
    askNode: async () => ({ processes: {} }),
    history: async () => [],
    nextReport: async () => {},
  };
  return known as Knowledge;
}
