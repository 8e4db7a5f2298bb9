import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Cluster, Json } from '../../../src/domain/document/cluster.ts';
import { OPERATIONS } from '../../../src/operations/index.ts';
import { clusterWith, nodeOf, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { OPERATION_PARAMS } from '../../support/operation-params.ts';
import { until } from '../../support/until.ts';

const GOLDEN = new URL('rights.golden.txt', import.meta.url);

const ADMIN = 'n00000000000a';
const PLAIN = 'n00000000000b';
const OTHER = 'n00000000000c';
const FORMER = 'n00000000000f';
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
  { title: 'joiner', who: 'token001', target: OTHER },
  { title: 'announcer', who: 'shop', target: OTHER },
];

/** Nobody judged it. */
const AWAY = ['CONTROLLER_AWAY', 'BUS_AWAY', 'TIMEOUT'];

describe('rights of who asks on the bus', function () {
  this.timeout(60_000);
  const base = cluster();
  let controlled: Controlled;

  before(async () => {
    controlled = await startControlled(base, [
      { kind: 'former', id: FORMER, key: '' },
      { kind: 'join', id: 'token001', key: '' },
      { kind: 'announcer', id: 'shop', key: '' },
    ]);
  });
  after(() => controlled.end());

  it('are what the golden table says: every operation, identity and target', async () => {
    assert.deepEqual(Object.keys(OPERATION_PARAMS).sort(), [...OPERATIONS.keys()].sort());
    const rows: string[][] = [];
    for (const [operation, params] of Object.entries(OPERATION_PARAMS)) {
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
    const before = (await controlled.store.readCluster())!.cluster.nodes[OTHER];
    for (const operation of ['role.add', 'role.remove', 'role.switch', 'node.detach']) {
      assert.equal(
        await ask(PLAIN, operation, OPERATION_PARAMS[operation]!(OTHER)),
        'no',
        operation,
      );
    }
    assert.deepEqual((await controlled.store.readCluster())!.cluster.nodes[OTHER], before);
  });

  /** `no`: not allowed; `none`: there is no such operation for it; `bus`: not even heard. */
  async function ask(who: string, operation: string, params: Json): Promise<string> {
    try {
      await controlled.ask(who, operation, params, randomUUID());
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
    const { cluster: now, entry } = (await controlled.store.readCluster())!;
    const { revision: _then, ...old } = base;
    const { revision, ...present } = now;
    if (JSON.stringify(old) === JSON.stringify(present)) return;
    await controlled.store.writeCluster({ ...base, revision: revision + 1 }, entry);
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
