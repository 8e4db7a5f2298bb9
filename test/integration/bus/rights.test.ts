import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { op } from '../../../src/bus/subjects.ts';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Cluster, Json } from '../../../src/domain/document/cluster.ts';
import type { HistoryEntry } from '../../../src/domain/telling/history.ts';
import { OPERATIONS } from '../../../src/operations/index.ts';
import { clusterWith, nodeOf, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { OPERATION_PARAMS } from '../../support/operation-params.ts';
import { reportOf } from '../../support/reports.ts';
import { until } from '../../support/until.ts';

const GOLDEN = new URL('rights.golden.txt', import.meta.url);

const ADMIN = 'n00000000000a';
const PLAIN = 'n00000000000b';
const OTHER = 'n00000000000c';
/** The id of a node, and the name of the plain one: what 0.1.0 let in. */
const SHAPED = 'n00000000000d';
const FORMER = 'n00000000000f';
/** Who asks, and what about. */
const WHO: { title: string; who: string; more?: Record<string, string> }[] = [
  { title: 'admin', who: ADMIN },
  {
    ...{ title: 'node', who: PLAIN },
    more: { ownaddr: '10.0.0.2', name: 'data', addr: '10.0.0.3', core: ADMIN },
  },
  { title: 'former', who: FORMER },
  { title: 'joiner', who: 'token001' },
  { title: 'announcer', who: 'shop' },
];
const COLUMNS = WHO.flatMap(({ title, who, more = {} }) =>
  Object.entries({ self: who, other: OTHER, shaped: SHAPED, nobody: 'nobody', ...more }).map(
    ([about, target], i) => ({ title: i === 0 ? title : '', about, who, target }),
  ),
);

/** What is no operation, and is said in the same way. */
const BESIDE: Record<string, (T: string) => Json> = {
  removed: () => ({ stopped: true }),
  report: (T) => reportOf(T, {}) as unknown as Json,
};

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
    for (const [operation, params] of Object.entries({ ...OPERATION_PARAMS, ...BESIDE })) {
      const cells: string[] = [];
      for (const { who, target } of COLUMNS) {
        await asBefore();
        cells.push(await ask(who, operation, params(target)));
      }
      rows.push([operation, ...cells]);
    }
    const titles = [COLUMNS.map(({ title }) => title), COLUMNS.map(({ about }) => about)];
    const text = tableOf([...titles.map((line) => ['', ...line]), ...rows]);
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, 'utf8'));
  });

  it('of a node whose name is the id of another are its own: it touches nothing of the other', async () => {
    await asBefore();
    const before = (await controlled.store.readCluster())!.cluster.nodes[SHAPED];
    for (const operation of ['role.add', 'role.remove', 'role.switch', 'node.detach']) {
      assert.equal(
        await ask(PLAIN, operation, OPERATION_PARAMS[operation]!(SHAPED)),
        'no',
        operation,
      );
    }
    assert.deepEqual((await controlled.store.readCluster())!.cluster.nodes[SHAPED], before);
  });

  it('that it has to report are about itself, whoever it names', async () => {
    await asBefore();
    await ask(PLAIN, 'report', reportOf(OTHER, { forged: 'RUNNING' }) as unknown as Json);
    const told = await until(
      async () => {
        const all = (await controlled.ask(ADMIN, 'process.list', { node: null })) as unknown as {
          id: string;
          processes: Record<string, unknown>;
        }[];
        const named = all.filter(({ processes }) => 'forged' in processes);
        return named.length > 0 && named.map(({ id }) => id);
      },
      { what: 'the report is taken', seconds: 10 },
    );
    assert.deepEqual(told, [PLAIN]);
  });

  it('that are not there are asked for in vain, and the history tells who did', async () => {
    await asBefore();
    for (const operation of ['secret.show', 'token.create']) {
      assert.equal(await ask(OTHER, operation, OPERATION_PARAMS[operation]!(ADMIN)), 'no');
    }
    await until(
      async () => {
        const query = { limit: 1000, node: null };
        const all = (await controlled.ask(ADMIN, 'history', query)) as unknown as HistoryEntry[];
        const refused = all.filter(({ by }) => by === 'data');
        const told = refused.map(({ operation, outcome }) => `${operation} ${outcome}`);
        return told.sort().join() === 'secret.show NOT_ALLOWED,token.create NOT_ALLOWED';
      },
      { what: 'the history has both', seconds: 10 },
    );
  });

  /**
   * `no`: not allowed; `none`: there is no such operation for it; `bus`: not even heard; `lost`:
   * there is no such node, which is said before anybody looks at rights.
   */
  async function ask(who: string, operation: string, params: Json): Promise<string> {
    try {
      if (operation === 'report') {
        await controlled.bus(who).request(op(who, operation), params, { timeoutMs: 10_000 });
      } else {
        await controlled.ask(who, operation, params, randomUUID());
      }
      return 'may';
    } catch (error) {
      if (!(error instanceof KatoError) || AWAY.includes(error.code)) throw error;
      if (error.message.startsWith('the bus does not let')) return 'bus';
      if (error.code === 'NOT_ALLOWED') return 'no';
      if (error.code === 'UNKNOWN_NODE') return 'lost';
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
    nodeOf(SHAPED, ['redis', 'router'], { id: PLAIN, allowedRoles: null }),
    nodeOf('data', ['redis'], { id: OTHER }),
    nodeOf('edge', ['redis'], { id: SHAPED }),
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
    (first!.padEnd(26) + cells.map((cell) => cell.padEnd(8)).join('')).trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
