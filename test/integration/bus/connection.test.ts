import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { connect as dialTls } from 'node:tls';
import type { Bus } from '../../../src/bus/bus.ts';
import { connectBusAtLast } from '../../../src/bus/connection.ts';
import { createIdentity } from '../../../src/bus/identity.ts';
import { ADMIN } from '../../../src/bus/limits.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { all, heartbeat, nodeAsk, op } from '../../../src/bus/subjects.ts';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { CLUSTER_ID, startNatsWithController, type TestNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

const n1 = createIdentity();
const SOON = { timeoutMs: 5000 };

describe('connection to the bus', () => {
  let nats: TestNats;
  let controller: Bus;
  let node: Bus;
  const statuses: string[] = [];

  before(async () => {
    const started = await startNatsWithController([{ kind: 'node', id: 'n1', key: n1.key }]);
    nats = started.nats;
    controller = started.controller;
    node = await nats.connect('n1', n1, {
      onStatus: (status, reason) => statuses.push(reason === null ? status : reason.code),
    });
    controller.respond(all.ops, echo, { queue: 'controllers', admit: () => ADMIN });
    await controller.rtt();
  });
  after(() => nats.stop());

  it('carries a request and says who asked', async () => {
    const answer = await node.request(op('n1', 'role.add'), { role: 'router' }, SOON);
    assert.deepEqual(answer, {
      sender: 'n1',
      subject: 'kato.op.n1.role.add',
      body: { role: 'router' },
    });
  });

  it('carries a body of megabytes, compressed, to who takes so much', async () => {
    const body = Array.from({ length: 100_000 }, (_, i) => `node-${i}.example.com`);
    const answer = (await node.request(op('n1', 'big'), body, SOON)) as { body: Json };
    assert.deepEqual(answer.body, body);
  });

  it('says so at once when an answer is too large', async () => {
    node.respond(nodeAsk('n1', 'huge'), async () => randomBytes(9_000_000).toString('base64'));
    await node.rtt();
    const asked = controller.request(nodeAsk('n1', 'huge'), null, SOON);
    await assert.rejects(asked, { code: 'FAILED', message: /too large/ });
  });

  it('answers what it was asked before it closes', async () => {
    const leaving = await nats.connect('n1', n1);
    const asked = Promise.withResolvers<void>();
    const known = Promise.withResolvers<Json>();
    leaving.respond(nodeAsk('n1', 'late'), () => {
      asked.resolve();
      return known.promise;
    });
    await leaving.rtt();
    const answer = controller.request(nodeAsk('n1', 'late'), null, SOON);
    await asked.promise;
    const closed = leaving.close();
    for (let turn = 0; turn < 3; turn++) await controller.rtt(); // it would be closed by now
    known.resolve('in time');
    assert.equal(await answer, 'in time');
    await closed;
  });

  it('gives the asker the very error that the responder threw', async () => {
    const failing = op('n1', 'fail');
    await assert.rejects(node.request(failing, null, SOON), (error: unknown) => {
      assert.ok(error instanceof KatoError);
      assert.deepEqual(error.toJSON(), { code: 'ROLE_LIMIT', message: 'no', next: 'ask another' });
      return true;
    });
  });

  it('knows at once that a node is gone, and gives a silent one up in time', async () => {
    const stop = node.respond(all.asksOf('n1'), async ({ body }) => {
      if (body === 'be silent') await new Promise(() => {});
      return 'here';
    });
    await node.rtt();
    const asked = [nodeAsk('n1', 'status'), nodeAsk('gone', 'status')];
    assert.deepEqual(short(await controller.gather(asked, null, { waitMs: 5000 })), [
      'here',
      'NODE_UNREACHABLE',
    ]);
    assert.deepEqual(short(await controller.gather(asked, 'be silent', { waitMs: 50 })), [
      'TIMEOUT',
      'NODE_UNREACHABLE',
    ]);
    stop();
  });

  it('says that no controller is there', async () => {
    await node.rtt();
    const lonely = await startNatsWithController([{ kind: 'node', id: 'n1', key: n1.key }]);
    try {
      const other = await lonely.nats.connect('n1', n1);
      await rejectsWith('CONTROLLER_AWAY', other.request(op('n1', 'status'), null, SOON));
    } finally {
      await lonely.nats.stop();
    }
  });

  it('outlives a handler that throws, and bodies that cannot be read', async () => {
    const heard: Json[] = [];
    const stop = controller.subscribe(all.heartbeats, ({ body }) => {
      if (body === 'bad') throw new Error('this warning is part of a test');
      heard.push(body);
    });
    await controller.rtt();
    const warned = once(process, 'warning');
    node.publish(heartbeat('n1'), 'bad');
    natsOf(node).publish(heartbeat('n1'), new Uint8Array([0x1f, 0x8b, 0]));
    node.publish(heartbeat('n1'), 'good');
    await until(() => heard.length > 0, { what: 'the good one is heard', seconds: 5 });
    assert.deepEqual(heard, ['good']);
    await warned;
    await rejectsWith(
      'BAD_VALUE',
      natsOf(node)
        .request(op('n1', 'status'), 'not JSON', { timeout: 5000 })
        .then(({ data }) =>
          Promise.reject(new KatoError(JSON.parse(Buffer.from(data).toString()))),
        ),
    );
    stop();
  });

  it('refuses a key that the bus does not know, and a node under another name', async () => {
    await rejectsWith('NOT_ALLOWED', nats.connect('n1', createIdentity()));
    await rejectsWith('NOT_ALLOWED', node.request(op('n2', 'status'), null, SOON));
  });

  it('refuses a server whose certificate is not of this cluster', async () => {
    await rejectsWith('NOT_A_BUS', nats.connect('n1', n1, { clusterId: 'c2' }));
  });

  it('refuses a client that speaks in the clear', async () => {
    const heard = await new Promise<string>((resolve) => {
      let text = '';
      const socket = dial(nats.port, nats.address, () => socket.write('CONNECT {}\r\nPING\r\n'));
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
      });
      socket.on('error', () => {}).on('close', () => resolve(text));
    });
    assert.doesNotMatch(heard, /INFO|PONG/);
  });

  it('refuses a client that has no key', async () => {
    const logins = ['{}', '{"user":"n1","pass":"n1"}', `{"nkey":"${n1.key}"}`];
    for (const login of logins) {
      const heard = await new Promise<string>((resolve) => {
        let text = '';
        const { address: host, port, ca } = nats;
        const socket = dialTls({ host, port, ca, servername: `bus.${CLUSTER_ID}` }, () =>
          socket.write(`CONNECT ${login}\r\nSUB > 1\r\nPING\r\n`),
        );
        socket.on('data', (bytes) => {
          text += bytes.toString('latin1');
        });
        socket.on('error', () => {}).on('close', () => resolve(text));
      });
      assert.doesNotMatch(heard, /PONG|MSG/, login);
    }
    const refused = async () => (await nats.log()).split('authentication error').length > 3;
    await until(refused, { what: 'the server refused all', seconds: 5 });
  });

  it('says what is wrong where no bus is', async () => {
    await rejectsWith('CORE_UNREACHABLE', nats.connect('n1', n1, { port: 1 }));
  });

  it('comes back after the server was killed, and meanwhile says so at once', async () => {
    let beats = 0;
    controller.subscribe(all.heartbeats, () => beats++);
    await nats.end('SIGKILL');
    await until(() => !node.connected, { what: 'the node notices', seconds: 5 });
    await rejectsWith('BUS_AWAY', node.request(op('n1', 'status'), null, SOON));
    assert.equal(node.publish(heartbeat('n1'), null), false);
    await nats.start();
    await until(() => node.connected && controller.connected, { what: 'both back', seconds: 10 });
    await until(() => node.publish(heartbeat('n1'), null) && beats > 0, {
      what: 'a heartbeat passes again',
      seconds: 5,
    });
    assert.deepEqual(statuses.slice(0, 3), ['up', 'BUS_AWAY', 'up']);
  });

  it('fails a request at once when the connection breaks under it', async () => {
    const hanging = node.request(op('n1', 'hang'), null, { timeoutMs: 60_000 });
    const failed = rejectsWith('BUS_AWAY', hanging);
    await nats.end('SIGKILL');
    await failed;
    await nats.start();
    await until(() => node.connected && controller.connected, { what: 'both back', seconds: 10 });
  });

  it('waits for a bus that is not there yet, or until it is told to end', async () => {
    await nats.end('SIGKILL');
    const reasons: string[] = [];
    const options = {
      address: nats.address,
      port: nats.port,
      ca: nats.ca,
      clusterId: CLUSTER_ID,
      name: 'early',
      identity: { who: 'n1', ...n1 },
      onStatus: (_: string, reason: KatoError | null) => reasons.push(reason?.code ?? 'up'),
    };
    const stop = new AbortController();
    const given = connectBusAtLast(options, stop.signal);
    await until(() => reasons.length > 1, { what: 'two tries failed', seconds: 5 });
    stop.abort();
    assert.equal(await given, null);
    const early = connectBusAtLast(options, new AbortController().signal);
    await nats.start();
    await (await early)?.close();
    assert.equal(reasons[0], 'CORE_UNREACHABLE');
    assert.equal(reasons.at(-1), 'up');
  });
});

async function echo(message: { subject: string; sender: string | null; body: Json }) {
  if (message.subject.endsWith('.fail')) {
    throw new KatoError({ code: 'ROLE_LIMIT', message: 'no', next: 'ask another' });
  }
  if (message.subject.endsWith('.hang')) await new Promise(() => {});
  return { ...message };
}

function short(answers: Awaited<ReturnType<Bus['gather']>>): Json[] {
  return answers.map((answer) => ('ok' in answer ? answer.ok : answer.error.code));
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, { name: 'KatoError', code });
}
