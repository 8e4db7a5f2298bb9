import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { linkToCluster } from '../../../src/agent/cluster-link.ts';
import { controllerKeysOf } from '../../../src/bus/identity.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import {
  all,
  ask,
  CONTROLLER,
  inboxPrefix,
  join,
  op,
  VERSIONS,
} from '../../../src/bus/subjects.ts';
import { socketOf } from '../../../src/bus/turns.ts';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { isProven } from '../../../src/domain/document/proof.ts';
import type { Status } from '../../../src/domain/telling/status.ts';
import type { ProvenVersion } from '../../../src/domain/views/view.ts';
import type { NodeProcesses } from '../../../src/operations/roles.ts';
import { clusterWith, tokenOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { frame, openRaw } from '../../support/flood/raw-bus.ts';
import { reportOf } from '../../support/reports.ts';
import { until } from '../../support/until.ts';

const LONG = 'a'.repeat(31_000_000);
/** An admin waits no longer than this, whatever others send at the time. */
const ANSWERED_MS = 1000;

describe('what one message may be', function () {
  this.timeout(60_000);
  let here: Controlled;

  before(async () => {
    const tokens = { token001: tokenOf('token001', { usesLeft: 0 }) };
    here = await startControlled(clusterWith({ web: ['redis'] }, { tokens }), [
      { kind: 'join', id: 'token001', key: '' },
    ]);
  });
  after(() => here.end());

  /** Sends it as it is, without kato's own manners; resolves with the error that comes back. */
  async function sent(who: string, subject: string, bytes: Uint8Array): Promise<KatoError> {
    const nats = natsOf(here.bus(who));
    const answer = await nats.request(subject, bytes, { timeout: 10_000 });
    return new KatoError(answer.json());
  }

  async function adminIsServed(): Promise<void> {
    const began = performance.now();
    await here.ask('core', 'status', { all: true });
    const ms = performance.now() - began;
    assert.ok(ms < ANSWERED_MS, `an admin waited ${ms} ms`);
  }

  it('is a few kB for a joiner: a name of 31 MB in 30 kB is not unpacked', async () => {
    const params = { tokenId: 'token001', secret: 'secret', name: LONG };
    const sending = sent(
      'token001',
      join('token001'),
      gzipSync(JSON.stringify({ id: 'x', params })),
    );
    await adminIsServed();
    assert.match((await sending).message, /larger than 16 kB/);
  });

  it('is a kB for where it goes and where the answer goes: more ends the connection', async () => {
    const { address, port, ca } = here.nats;
    const door = { address, port, ca, clusterId: 'c1', ...here.identities.get('web')! };
    const ask = async (replyLength: number): Promise<string> => {
      const socket = await openRaw(door);
      socket.write(
        frame(op('web', 'node.list'), '{}', `kato.reply.web.${'x'.repeat(replyLength)}`),
      );
      socket.write('PING\r\n');
      const [heard] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return heard.toString().trim();
    };
    assert.equal(await ask(500), 'PONG');
    assert.match(await ask(3000), /maximum control line exceeded/i);
  });

  it('is some kB for a node, packed or not', async () => {
    const asked = { id: '', params: { node: LONG } };
    const subject = op('web', 'node.info');
    const bomb = sent('web', subject, gzipSync(JSON.stringify(asked)));
    const large = sent('web', subject, Buffer.from(JSON.stringify(asked).slice(0, 7_000_000)));
    await adminIsServed();
    assert.equal((await bomb).code, 'BAD_VALUE');
    assert.equal((await large).code, 'BAD_VALUE');
  });

  it('has a limit in each field, also where all of it would fit', async () => {
    const isHeard = () => here.ask('web', 'node.list', {}).catch(() => false);
    await until(isHeard, { what: 'who said too much is heard again', seconds: 10 });
    const long = 'a'.repeat(100_000);
    for (const [operation, params] of [
      ['node.info', { node: long }],
      ['role.add', { node: 'web', roles: [long], selection: 'named', noStart: false }],
      ['view', { known: long }],
      ['progress', { nodes: ['web'], revision: 1, seen: 0, waitMs: -1 }],
    ] as [string, Json][]) {
      const id = randomUUID();
      const refused = here.ask('web', operation, params, id);
      await assert.rejects(refused, { code: 'USAGE' }, operation);
    }
    await assert.rejects(here.ask('web', 'node.list', {}, 'x'.repeat(1000)), { code: 'USAGE' });
  });

  it('is what it was for an admin: a certificate or an import is large', async () => {
    const params = { cluster: { format: 1, id: 'c2', revision: 1, fill: 'x'.repeat(2e6) } };
    const asked = here.ask('core', 'state.import', { ...params, secrets: {}, force: true }, 'i1');
    // It was read, and found to be no state of a cluster.
    await assert.rejects(asked, { code: 'BAD_FILE' });
  });

  it('is a report in the answer of a node, or it counts as none', async () => {
    const report = reportOf('web', { redis: 'RUNNING' });
    let answer: unknown = report;
    const stop = here.bus('web').respond(all.asksOf('web'), async () => answer as Json);
    const processes = async () =>
      (await here.ask('core', 'process.list', { node: null })) as unknown as NodeProcesses[];
    const state = async () => (await processes()).find(({ node }) => node === 'web')!;
    assert.equal((await state()).stale, false);
    const fill = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`p${i}`, report.processes.redis]),
    );
    for (const hostile of [
      { ...report, processes: fill },
      { ...report, processes: null },
      { ...report, processes: { redis: null } },
      null,
      LONG,
    ]) {
      answer = hostile;
      assert.deepEqual(await state(), { ...(await state()), processes: {}, stale: true });
      const { nodes } = (await here.ask('core', 'status', { all: true })) as unknown as Status;
      assert.equal(nodes.length, 2);
    }
    stop();
  });

  it('is a list of addresses in the answer of a node, or it counts as none', async () => {
    let answer: Json = null;
    const stop = here.bus('web').respond(all.asksOf('web'), async () => answer);
    const params = { node: 'web', address: '10.0.0.77', force: false };
    const migrate = () => here.ask('core', 'node.migrate', params, randomUUID());
    for (const hostile of [
      params.address,
      { includes: params.address, length: 1 },
      new Array<Json>(65).fill(params.address),
      [params.address, LONG],
      [[params.address]],
    ]) {
      answer = hostile;
      await assert.rejects(migrate(), { code: 'CONFLICT', message: /no machine/ });
    }
    answer = [params.address];
    await migrate();
    stop();
  });

  it('is a version in the news that nodes are told, or nobody has heard any', async () => {
    const seed = (await here.store.getSecret('bus/controller'))!;
    const { controller: key } = controllerKeysOf(seed);
    const controller = await here.nats.connect(CONTROLLER, { seed, key });
    const heard: ProvenVersion[] = [];
    const identity = here.identityOf('web');
    const nothing = () => undefined;
    const on = { onWake: nothing, onUp: nothing, onStatus: nothing };
    const link = linkToCluster({
      ...{ identity, instance: 'i1', ...on },
      onNews: (version) => heard.push({ ...version }),
    });
    await until(() => link.connected, { what: 'an agent listens', seconds: 10 });
    const version = { lineage: 'l1', epoch: 1, revision: 9, hash: 'h9', proof: 'p' };
    for (const hostile of [
      null,
      'news',
      {},
      { version: null },
      { version: { ...version, revision: '9' } },
      { version: { ...version, epoch: -1 } },
      { version: { ...version, hash: LONG } },
      { version: { ...version, proof: null } },
    ]) {
      controller.publish(ask(VERSIONS), hostile);
    }
    controller.publish(ask(VERSIONS), { version });
    await until(() => heard.some((one) => isDeepStrictEqual(one, version)), {
      what: 'the news are heard',
      seconds: 10,
    });
    // The real controller tells of its own state, too, and proves it.
    const others = heard.filter((one) => !isProven(one, seed));
    assert.deepEqual(others, [version]);
    await link.close();
  });

  it('is one of so many in a turn: the library still shows the socket that is made to wait', () => {
    assert.ok(socketOf(natsOf(here.bus('web'))) instanceof TLSSocket);
  });

  it('is nothing where the answer would go elsewhere', async () => {
    const nats = natsOf(here.bus('token001'));
    nats.publish(join('token001'), gzipSync(LONG), { reply: inboxPrefix('web') });
    await nats.flush();
    await adminIsServed();
  });
});
