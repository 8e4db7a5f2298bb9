import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import { natsOf } from '../../../src/bus/messaging.ts';
import { all } from '../../../src/bus/subjects.ts';
import { KatoError } from '../../../src/domain/base/error.ts';
import { sha256 } from '../../../src/domain/base/hash.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import type { ProvenVersion, View } from '../../../src/domain/views/view.ts';
import { clusterWith, nodeOf, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import {
  answersOf,
  hostileHttp,
  INPUTS_OF,
  type Input,
  JOIN_SECRET,
  untouched,
} from '../../support/hostile.ts';
import { until } from '../../support/until.ts';

/** By who sends it. Each says no more than one may: what is beyond it is dropped before it is read. */
const KINDS = {
  admin: { senders: 8, atOnce: 20 },
  former: { senders: 1600, atOnce: 100 },
  joiner: { senders: 50, atOnce: 100 },
  announcer: { senders: 20, atOnce: 100 },
  // The last: what heartbeats say of a node is written a while later.
  node: { senders: 40, atOnce: 100 },
} as const;
const INPUTS = 10_000;
const ANSWERS_AT_ONCE = 20;
const REQUESTS_AT_ONCE = 50;
const ANSWER_MS = 10_000;
/** Of the admin who asks between the batches: the longest, and of half of them. */
const ADMIN_MS = { longest: 10_000, median: 500 };
const MEMORY_MAX_KB = 300_000;
const SEED = Number(process.env.KATO_SEED ?? Date.now() % 1_000_000);

type Kind = keyof typeof KINDS;

/** By the names that they have on the bus. */
const SENDERS = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { senders }], i) => {
    const number = (n: number) => ((i + 1) * 4096 + n).toString(16);
    const nameOf = {
      joiner: (n: number) => `token${number(n)}`,
      announcer: (n: number) => `shop${n}`,
    }[kind as string];
    const idOf = (n: number) => `n${number(n).padStart(12, '0')}`;
    return [kind, Array.from({ length: senders }, (_, n) => (nameOf ?? idOf)(n))];
  }),
) as Record<Kind, string[]>;
const [ADMIN] = SENDERS.admin as [string];
const [NODE] = SENDERS.node as [string];

describe(`what anybody may send to a controller (KATO_SEED=${SEED})`, function () {
  this.timeout(300_000);
  let first: Cluster;
  let controlled: Controlled;
  let version: ProvenVersion;
  let busy = 0;
  let written = 0;
  let waitedMs: number[] = [];

  before(async () => {
    const users = [
      ...SENDERS.former.map((id) => ({ kind: 'former', id, key: '' }) as const),
      ...SENDERS.joiner.map((id) => ({ kind: 'join', id, key: '' }) as const),
      ...SENDERS.announcer.map((id) => ({ kind: 'announcer', id, key: '' }) as const),
    ];
    controlled = await startControlled(cluster(), users, { apart: true });
    first = (await controlled.store.readCluster())!.cluster;
    written = first.revision;
    version = (await viewOfNode()).version;
  });
  after(() => controlled.end());

  for (const [kind, { atOnce }] of Object.entries(KINDS)) {
    it(`is answered or dropped at once, and changes only what it may: ${kind}, ${INPUTS} times`, async () => {
      busy = 0;
      waitedMs = [];
      const one = INPUTS_OF[kind as Kind]({ senders: SENDERS[kind as Kind], version });
      const batches = fc.array(one, { minLength: atOnce, maxLength: atOnce });
      const property = fc.asyncProperty(batches, async (batch) => {
        await Promise.all(batch.map(send));
        await isWell();
        const { cluster: now } = (await controlled.store.readCluster())!;
        const ids = Object.keys(first.nodes);
        const [was, is] = [first, now].map((one) => untouched(kind as Kind, one, ids));
        assert.deepEqual(is, was);
        await asBefore();
      });
      await fc.assert(property, { seed: SEED, numRuns: INPUTS / atOnce, endOnFailure: true });
      assert.ok(busy < INPUTS / 20, `${busy} were not read`);
      const median = waitedMs.sort((a, b) => a - b)[Math.floor(waitedMs.length / 2)]!;
      assert.ok(median < ADMIN_MS.median, `an admin waits for ${median} ms`);
    });
  }

  it(`is an answer of a node, ${INPUTS} times, or none`, async () => {
    const nats = natsOf(controlled.bus(NODE));
    let answers: Uint8Array[] = [];
    let said = 0;
    const asked = nats.subscribe(all.asksOf(NODE), {
      callback: (_error, message) => {
        if (message.respond(answers.pop())) said++;
      },
    });
    const questions = [
      ['process.list', { node: NODE }],
      ['node.migrate', { node: NODE, address: '10.0.1.2', force: false }],
    ] as const;
    const sizes = { minLength: ANSWERS_AT_ONCE, maxLength: ANSWERS_AT_ONCE };
    const batches = fc.array(answersOf(version), sizes);
    const property = fc.asyncProperty(batches, async (batch) => {
      answers = batch;
      await Promise.all(
        batch.map(async (_, n) => {
          const [operation, params] = questions[n % questions.length]!;
          await controlled.ask(ADMIN, operation, params, randomUUID()).catch((error: unknown) => {
            assert.ok(error instanceof KatoError && error.code !== 'INTERNAL', String(error));
          });
        }),
      );
    });
    const numRuns = INPUTS / ANSWERS_AT_ONCE;
    await fc.assert(property, { seed: SEED, numRuns, endOnFailure: true });
    // A node that has moved already is not asked.
    assert.ok(said > INPUTS * 0.9, `${said} were heard`);
    await isWell();
    await asBefore();
    asked.unsubscribe();
  });

  it('takes no memory that it does not give back', () => {
    const status = readFileSync(`/proc/${controlled.apart!.pid}/status`, 'utf8');
    const peakKb = Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
    assert.ok(peakKb < MEMORY_MAX_KB, `${peakKb} kB`);
  });

  it(`over HTTP comes to nothing, whatever it is, ${INPUTS} times`, async () => {
    const batches = fc.array(hostileHttp, {
      minLength: REQUESTS_AT_ONCE,
      maxLength: REQUESTS_AT_ONCE,
    });
    const property = fc.asyncProperty(batches, async (batch) => {
      await Promise.all(batch.map(said));
      assert.equal((await fetch(url('/health'))).status, 200);
    });
    const numRuns = INPUTS / REQUESTS_AT_ONCE;
    await fc.assert(property, { seed: SEED, numRuns, endOnFailure: true });
    assert.ok(controlled.apart!.isAlive());
  });

  async function send({ who, subject, bytes, asks }: Input): Promise<void> {
    const nats = natsOf(controlled.bus(who));
    // The bus itself takes no more of an announcer.
    if (bytes.length > nats.info!.max_payload) return;
    if (!asks) return nats.publish(subject, bytes);
    const answer = await nats.request(subject, bytes, { timeout: ANSWER_MS }).catch((error) => {
      const said = new TextDecoder().decode(bytes.subarray(0, 500));
      throw new Error(`${who} ${subject} ${said}: ${error.message}`, { cause: error });
    });
    const text = new TextDecoder().decode(answer.data);
    if (text.includes('"BUSY"')) busy++;
    assert.ok(!/"INTERNAL"|\\n {4}at /.test(text), `${subject}: ${text.slice(0, 1000)}`);
  }

  /** An admin is answered at once, and nothing was written that only a fault writes. */
  async function isWell(): Promise<void> {
    const { isAlive, stderr } = controlled.apart!;
    const startedMs = performance.now();
    await controlled.ask(ADMIN, 'node.list', {});
    const ms = performance.now() - startedMs;
    waitedMs.push(ms);
    assert.ok(ms < ADMIN_MS.longest, `an admin waited for ${ms} ms`);
    assert.ok(isAlive() && !/^ {4}at /m.test(stderr()), stderr());
  }

  /** What was let through has changed the cluster: the next batch finds it as the first did. */
  async function asBefore(): Promise<void> {
    const { cluster: now, entry } = (await controlled.store.readCluster())!;
    if (now.revision === written) return;
    const revision = now.revision + 1;
    // The controller may have written between: what heartbeats say comes late.
    if ((await controlled.store.writeCluster({ ...first, revision }, entry)) === null)
      return asBefore();
    written = revision;
    await until(async () => (await viewOfNode()).version.revision >= revision, {
      what: 'the controller has it',
      seconds: 30,
    });
  }

  async function viewOfNode(): Promise<View> {
    const query = { known: null, announced: [] };
    return ((await controlled.ask(NODE, 'view', query)) as unknown as { view: View }).view;
  }

  const url = (path: string) => `http://${controlled.http.address}:${controlled.http.port}${path}`;

  /** Says it, and waits for the end or a moment. */
  function said(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(controlled.http.port, controlled.http.address);
      socket.setTimeout(50, () => socket.destroy());
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.end(bytes);
    });
  }
});

function cluster(): Cluster {
  const core = ['primary', 'controller', 'router'];
  const nodes = [...SENDERS.admin, ...SENDERS.node].map((id, i) => {
    // The bus has no secret of redis: half of them have no view.
    const roles = i === 0 ? core : [i % 4 < 2 ? 'memcached' : 'redis', 'router'];
    const admin = SENDERS.admin.includes(id);
    const own = { id, admin, version: i % 2 === 0 ? '0.2.0' : '0.1.0' };
    return nodeOf(`node-${i}`, roles, { ...own, address: `10.0.1.${i + 1}` });
  });
  const removedAt = new Date().toISOString();
  const former = SENDERS.former.map((id) => {
    return { id, name: `gone-${id}`, key: '', removedAt, awaited: false };
  });
  const announcers = SENDERS.announcer.map((name) => {
    return { name, key: `U${name}`, hosts: ['*.example.com'] };
  });
  const byId = <One>(ids: readonly string[], list: readonly One[]): Record<string, One> =>
    Object.fromEntries(list.map((one, i) => [ids[i]!, one]));
  return clusterWith(
    {},
    {
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
      former: byId(SENDERS.former, former),
      tokens: byId(
        SENDERS.joiner,
        SENDERS.joiner.map((id) =>
          tokenOf(id, { secretHash: sha256(JOIN_SECRET), usesLeft: 1000 }),
        ),
      ),
      announcers: byId(SENDERS.announcer, announcers),
    },
  );
}
