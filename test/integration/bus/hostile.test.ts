import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import fc from 'fast-check';
import { natsOf } from '../../../src/bus/messaging.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { clusterWith, nodeOf, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { hostileHttp, type Input, inputs } from '../../support/hostile.ts';

/** So many in all, of which so many at once. */
const INPUTS = 10_000;
const AT_ONCE = 100;
const ANSWER_MS = 1000;
const MEMORY_MAX_KB = 300_000;
const SEED = Number(process.env.KATO_SEED ?? Date.now() % 1_000_000);

const ADMIN = 'n00000000000a';
/** Each says what one node may say in that time. */
const PLAIN = Array.from({ length: 40 }, (_, i) => `n${(i + 16).toString(16).padStart(12, '0')}`);
const FORMER = 'n00000000000f';

describe(`what anybody may send to a controller (KATO_SEED=${SEED})`, function () {
  this.timeout(150_000);
  const base = cluster();
  let controlled: Controlled;

  before(async () => {
    const users = [
      { kind: 'former', id: FORMER, key: '' },
      { kind: 'join', id: 'token001', key: '' },
      { kind: 'announcer', id: 'shop', key: '' },
    ] as const;
    controlled = await startControlled(base, users, { apart: true });
  });
  after(() => controlled.end());

  it(`is answered or dropped at once, ${INPUTS} times, and leaves it as it was`, async () => {
    const senders = [ADMIN, ...PLAIN, FORMER];
    const batches = fc.array(inputs(senders), { minLength: AT_ONCE, maxLength: AT_ONCE });
    const property = fc.asyncProperty(batches, async (batch) => {
      await Promise.all(batch.map(send));
      await isWell();
      await asBefore();
    });
    await fc.assert(property, { seed: SEED, numRuns: INPUTS / AT_ONCE, endOnFailure: true });
  });

  it('takes no memory that it does not give back', () => {
    const status = readFileSync(`/proc/${controlled.apart!.pid}/status`, 'utf8');
    const peakKb = Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]);
    assert.ok(peakKb < MEMORY_MAX_KB, `${peakKb} kB`);
  });

  it('over HTTP comes to nothing, whatever it is', async () => {
    const property = fc.asyncProperty(hostileHttp, async (bytes) => {
      await said(bytes);
      assert.equal((await fetch(url('/health'))).status, 200);
    });
    await fc.assert(property, { seed: SEED, numRuns: 300, endOnFailure: true });
    assert.ok(controlled.apart!.isAlive());
  });

  async function send({ who, subject, bytes, asks }: Input): Promise<void> {
    const nats = natsOf(controlled.bus(who));
    // The bus itself takes no more of an announcer.
    if (bytes.length > nats.info!.max_payload) return;
    if (!asks) return nats.publish(subject, bytes);
    const answer = await nats.request(subject, bytes, { timeout: ANSWER_MS }).catch((error) => {
      throw new Error(`${who} ${subject}: ${error.message}`, { cause: error });
    });
    const text = new TextDecoder().decode(answer.data);
    assert.ok(!/"INTERNAL"|\\n {4}at /.test(text), `${subject}: ${text.slice(0, 1000)}`);
  }

  /** An admin is answered at once, and nothing was written that only a fault writes. */
  async function isWell(): Promise<void> {
    const { isAlive, stderr } = controlled.apart!;
    const startedMs = performance.now();
    await controlled.ask(ADMIN, 'node.list', {});
    assert.ok(performance.now() - startedMs < ANSWER_MS, 'an admin waits');
    assert.ok(isAlive() && !/^ {4}at /m.test(stderr()), stderr());
  }

  /** What was let through has changed the cluster: the next batch finds it as the first did. */
  async function asBefore(): Promise<void> {
    const { cluster: now, entry } = (await controlled.store.readCluster())!;
    await controlled.store.writeCluster({ ...base, revision: now.revision + 1 }, entry);
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
  const core = nodeOf('core', ['primary', 'controller', 'router'], { id: ADMIN, admin: true });
  const plain = PLAIN.map((id, i) => nodeOf(`node-${i}`, ['redis', 'router'], { id }));
  const nodes = [core, ...plain].map((node, i) => ({ ...node, address: `10.0.1.${i + 1}` }));
  const { id, name, key } = nodeOf('gone', [], { id: FORMER });
  return clusterWith(
    {},
    {
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
      former: { [id]: { id, name, key, removedAt: new Date().toISOString(), awaited: false } },
      tokens: { token001: tokenOf('token001') },
      announcers: { shop: { name: 'shop', key: 'USHOP', hosts: ['*.example.com'] } },
    },
  );
}
