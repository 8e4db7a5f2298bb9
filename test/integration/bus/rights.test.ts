import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Bus } from '../../../src/bus/bus.ts';
import { createIdentity } from '../../../src/bus/identity.ts';
import { openStore, type Store } from '../../../src/bus/store.ts';
import { CONTROLLER, op } from '../../../src/bus/subjects.ts';
import { runController } from '../../../src/controller/controller.ts';
import type { Cluster, Json } from '../../../src/domain/cluster.ts';
import { KatoError } from '../../../src/domain/error.ts';
import type { BusUser } from '../../../src/domain/view.ts';
import { OPERATIONS } from '../../../src/operations/index.ts';
import { catalogue, clusterWith, nodeOf, tokenOf } from '../../support/clusters.ts';
import { CLUSTER_ID, startNats, type TestNats } from '../../support/nats.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

const GOLDEN = new URL('rights.golden.txt', import.meta.url);

const ADMIN = 'n00000000000a';
const PLAIN = 'n00000000000b';
const OTHER = 'n00000000000c';
const FORMER = 'n00000000000f';
const KEY = createIdentity().key;

/** Parameters of every operation, of the right shape, about the node `T` where they are about one. */
const PARAMS: Record<string, (T: string) => Json> = {
  'announcer.add': () => ({ name: 'new', key: KEY, hosts: ['new.example.com'] }),
  'announcer.list': () => ({}),
  'announcer.remove': () => ({ name: 'shop' }),
  'certificate.install': () => ({ domain: 'a.example.com', chain: '', key: '', update: false }),
  'certificate.list': () => ({}),
  'certificate.remove': () => ({ domain: 'a.example.com' }),
  'config.get': () => ({ component: null, key: null }),
  'config.set': () => ({ component: 'redis', key: 'port', act: 'set', value: 7000 }),
  history: (T) => ({ limit: 10, node: T }),
  'node.confirm': (T) => ({ node: T, version: '0.1.0', catalogue: [] }),
  'node.detach': (T) => ({ node: T }),
  'node.drop-abandoned': () => ({}),
  'node.info': (T) => ({ node: T }),
  'node.join': () => ({ ...JOIN }),
  'node.list': () => ({}),
  'node.remove': (T) => ({ nodes: [T], skipDetach: true }),
  'node.settle-former': (T) => ({ id: T }),
  'node.setup-load-balancer': (T) => ({ node: T, addresses: [], excludeSelf: true, force: true }),
  'process.list': (T) => ({ node: T }),
  'process.switch': (T) => ({ node: T, processes: ['redis'], to: 'stop' }),
  progress: (T) => ({ nodes: [T], revision: 1, seen: 0, waitMs: 0 }),
  'role.add': (T) => ({ node: T, roles: ['memcached'], selection: 'named', noStart: false }),
  'role.remove': (T) => ({ node: T, roles: ['redis'], selection: 'named', purgeData: true }),
  'role.switch': (T) => ({ node: T, roles: ['redis'], to: 'stop' }),
  'route.add': () => ({ route: 'a.example.com', backends: ['10.0.0.9:80'], sticky: false }),
  'route.list': () => ({}),
  'route.remove': () => ({ route: 'a.example.com', backends: [] }),
  'secret.show': (T) => ({ node: T, role: 'redis' }),
  'state.export': () => ({}),
  'state.import': () => ({
    cluster: { format: 1, id: 'c2', revision: 1 },
    secrets: {},
    force: true,
  }),
  'state.keep': (T) => ({ node: T, intervalSeconds: null, key: 'a2V5' }),
  'state.sealed': () => ({ known: null }),
  status: () => ({ all: true, live: false }),
  'token.create': () => ({ ...TOKEN }),
  'token.list': () => ({}),
  'token.revoke': () => ({ id: 'token001' }),
  view: () => ({ known: null }),
};

const TOKEN = {
  id: 'token002',
  secretHash: '0'.repeat(64),
  key: KEY,
  roles: null,
  admin: true,
  uses: 1,
  ttlSeconds: 60,
};
const JOIN = {
  tokenId: 'token001',
  secret: 'secret',
  key: KEY,
  name: 'new',
  hostname: 'new',
  address: '10.0.0.9',
  machineId: '',
  version: '0.1.0',
  catalogue: ['base'],
  roles: [],
  noStart: false,
  force: true,
  trial: true,
};

/** Who asks, and what about: a plain node whose own name is the id of another is what 0.1.0 let in. */
const COLUMNS: { title: string; who: string; target: string }[] = [
  { title: 'admin:self', who: ADMIN, target: ADMIN },
  { title: 'other', who: ADMIN, target: OTHER },
  { title: 'node:self', who: PLAIN, target: PLAIN },
  { title: 'its-address', who: PLAIN, target: '10.0.0.2' },
  { title: 'other-id', who: PLAIN, target: OTHER },
  { title: 'other-name', who: PLAIN, target: 'data' },
  { title: 'other-addr', who: PLAIN, target: '10.0.0.3' },
  { title: 'core-id', who: PLAIN, target: ADMIN },
  { title: 'former', who: FORMER, target: FORMER },
  { title: 'joiner', who: 'join', target: OTHER },
  { title: 'announcer', who: 'shop', target: OTHER },
];

/** Nobody judged it. */
const AWAY = ['CONTROLLER_AWAY', 'BUS_AWAY', 'TIMEOUT'];

describe('rights of who asks on the bus', function () {
  this.timeout(60_000);
  const end = new AbortController();
  const buses = new Map<string, Bus>();
  let nats: TestNats;
  let store: Store;
  let base: Cluster;
  let running: Promise<void>;

  before(async () => {
    const controller = createIdentity();
    const identities = [ADMIN, PLAIN, OTHER, FORMER, 'join', 'shop'].map(
      (who) => [who, createIdentity()] as const,
    );
    const users = identities.map(([who, { key }]): BusUser => {
      if (who === 'join') return { kind: 'join', id: 'token001', key };
      if (who === 'shop') return { kind: 'announcer', id: who, key };
      return { kind: who === FORMER ? 'former' : 'node', id: who, key };
    });
    nats = await startNats([{ kind: 'controller', key: controller.key }, ...users]);
    store = await openStore(await nats.connect(CONTROLLER, controller), controller.seed);
    base = cluster();
    await store.createState(base, { 'bus/controller': controller.seed });
    for (const [who, identity] of identities) buses.set(who, await nats.connect(who, identity));
    const http = { address: '127.0.0.1', port: await freePort() };
    const { ca, address, port } = nats;
    const config = {
      clusterId: CLUSTER_ID,
      bus: { address, port },
      http,
      ca,
      seed: controller.seed,
    };
    running = runController(config, catalogue, '0.1.0', end.signal);
    await until(async () => (await ask(ADMIN, 'node.list', {})) === 'may', {
      what: 'the controller answers',
      seconds: 10,
    });
  });
  after(async () => {
    end.abort();
    await running;
    await nats.stop();
  });

  it('are what the golden table says: every operation, identity and target', async () => {
    assert.deepEqual(Object.keys(PARAMS).sort(), [...OPERATIONS.keys()].sort());
    const rows: string[][] = [];
    for (const [operation, params] of Object.entries(PARAMS)) {
      const cells: string[] = [];
      for (const { who, target } of COLUMNS) {
        await asBefore();
        cells.push(await ask(who, operation, params(target)));
      }
      rows.push([operation, ...cells]);
    }
    const text = tableOf([['', ...COLUMNS.map(({ title }) => title)], ...rows]);
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, 'utf8'));
  });

  it('of a node whose name is the id of another are its own: it touches nothing of the other', async () => {
    await asBefore();
    const before = (await store.readCluster())!.cluster.nodes[OTHER];
    for (const operation of ['role.add', 'role.remove', 'role.switch', 'node.detach']) {
      assert.equal(await ask(PLAIN, operation, PARAMS[operation]!(OTHER)), 'no', operation);
    }
    assert.deepEqual((await store.readCluster())!.cluster.nodes[OTHER], before);
  });

  /** `no`: not allowed; `none`: there is no such operation for it; `bus`: not even heard. */
  async function ask(who: string, operation: string, params: Json): Promise<string> {
    const body = { id: randomUUID(), params };
    try {
      await buses.get(who)!.request(op(who, operation), body, { timeoutMs: 3000 });
      return 'may';
    } catch (error) {
      if (!(error instanceof KatoError) || AWAY.includes(error.code)) throw error;
      if (error.message.startsWith('the bus does not let')) return 'bus';
      if (error.code === 'NOT_ALLOWED') return 'no';
      if (error.message.startsWith('there is no operation')) return 'none';
      assert.ok(!['INTERNAL', 'USAGE'].includes(error.code), JSON.stringify(error));
      return 'may';
    }
  }

  /** The document as it was at first, one revision later: what was asked before leaves no trace. */
  async function asBefore(): Promise<void> {
    const { cluster: now, entry } = (await store.readCluster())!;
    const { revision: _then, ...old } = base;
    const { revision, ...present } = now;
    if (JSON.stringify(old) === JSON.stringify(present)) return;
    await store.writeCluster({ ...base, revision: revision + 1 }, entry);
    await until(async () => (await ask(PLAIN, 'node.info', { node: PLAIN })) === 'may', {
      what: 'the controller has it',
      seconds: 5,
    });
  }
});

function cluster(): Cluster {
  const nodes = [
    nodeOf('core', ['primary', 'controller', 'router'], { id: ADMIN, admin: true }),
    nodeOf(OTHER, ['redis', 'router'], { id: PLAIN, allowedRoles: null }),
    nodeOf('data', ['redis'], { id: OTHER }),
  ].map((node, i) => ({ ...node, address: `10.0.0.${i + 1}` }));
  const { id, name, key } = nodeOf('gone', [], { id: FORMER });
  return clusterWith(
    {},
    {
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
      former: { [id]: { id, name, key, removedAt: new Date().toISOString(), awaited: false } },
      tokens: { token001: tokenOf('token001') },
      announcers: { shop: { name: 'shop', key: 'USHOP', hosts: ['shop.example.com'] } },
    },
  );
}

function tableOf(rows: readonly string[][]): string {
  const line = ([first, ...cells]: string[]) =>
    (first!.padEnd(26) + cells.map((cell) => cell.padEnd(12)).join('')).trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
