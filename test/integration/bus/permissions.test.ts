import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { PermissionViolationError } from '@nats-io/transport-node';
import type { Bus } from '../../../src/bus/bus.ts';
import { createIdentity } from '../../../src/bus/identity.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { all, inboxPrefix, op } from '../../../src/bus/subjects.ts';
import type { BusUser } from '../../../src/domain/views/view.ts';
import { startNats, type TestNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

const GOLDEN = new URL('permissions.golden.txt', import.meta.url);

/** Own and foreign ones of every kind; `$` and `>` forms are what an attacker would try. */
const SUBJECTS = [
  ...['kato.op.n1.role.add', 'kato.op.n1.removed', 'kato.op.n2.role.add', 'kato.op.ctl.stop'],
  ...['kato.op.f1.removed', 'kato.op.f1.status', 'kato.op.>', 'kato.op.n1.>'],
  ...['kato.heartbeat.n1', 'kato.heartbeat.n2', 'kato.heartbeat.*'],
  ...['kato.log.n1.nginx', 'kato.log.n2.nginx', 'kato.log.>'],
  ...['kato.node.n1.wake', 'kato.node.n1.ask.status', 'kato.node.n2.wake', 'kato.node.>'],
  ...[
    'kato.ask.status',
    'kato.ask.>',
    'kato.join',
    'kato.join.t1',
    'kato.join.t2',
    'kato.join.*',
    'kato.history',
    'kato.history.n1',
    'kato.other',
    'kato.>',
    '>',
  ],
  ...['kato.announce.web.register', 'kato.announce.web.greet', 'kato.announce.*.*'],
  ...['kato.router.start', 'router.register', 'router.unregister', 'router.greet', 'router.start'],
  ...[
    'kato.greeting.web.x',
    'kato.reply.n1.x',
    'kato.reply.n2.x',
    '_INBOX_ctl.x',
    'kato.reply.t1.x',
    'kato.reply.t2.x',
    'kato.reply.f1.x',
    '_INBOX.x',
  ],
  ...['kato.reply.>', 'kato.reply.*.x', 'kato.reply.t1.>', '_INBOX.>'],
  ...['kato.announce.other.register', 'kato.greeting.>', 'router.>', 'kato.op.n1'],
  ...['_INBOX_ctl.>', '_R_.x', '_R_.>'],
  ...['$KV.cluster.document', '$KV.observed.n1', '$KV.secrets.redis', '$KV.>'],
  ...['$JS.API.INFO', '$JS.API.STREAM.CREATE.x', '$JS.API.DIRECT.GET.KV_cluster'],
  ...['$JS.API.STREAM.DELETE.KV_cluster', '$JS.API.STREAM.MSG.GET.KV_secrets'],
  ...['$JS.API.CONSUMER.CREATE.KV_cluster', '$JS.FC.x', '$JS.ACK.x', '$JS.API.>'],
  ...['$SYS.REQ.SERVER.PING', '$SYS.REQ.USER.INFO', '$SYS.>', '$SRV.PING'],
  ...['$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.SERVER.X.KICK', '$SYS.REQ.SERVER.X.RELOAD'],
  ...['$SYS.ACCOUNT.KATO.CONNECT', '$SYS.ACCOUNT.>', '$SYS.REQ.ACCOUNT.KATO.CLAIMS.UPDATE'],
];

const KINDS: Record<string, Kind> = {
  'node n1': { who: 'n1', user: (key) => ({ kind: 'node', id: 'n1', key }) },
  'former f1': { who: 'f1', user: (key) => ({ kind: 'former', id: 'f1', key }) },
  'join t1': { who: 't1', user: (key) => ({ kind: 'join', id: 't1', key }) },
  warden: { who: 'warden', user: (key) => ({ kind: 'warden', key }) },
  controller: { who: 'ctl', user: (key) => ({ kind: 'controller', key }) },
  'announcer web': { who: 'web', user: (key) => ({ kind: 'announcer', id: 'web', key }) },
};

interface Kind {
  who: string;
  user: (key: string) => BusUser;
}

describe('permissions on the bus', () => {
  let nats: TestNats;
  const buses = new Map<string, Bus>();

  before(async () => {
    const identities = Object.values(KINDS).map(() => createIdentity());
    const kinds = Object.values(KINDS);
    nats = await startNats(kinds.map(({ user }, i) => user(identities[i]!.key)));
    for (const [i, name] of Object.keys(KINDS).entries()) {
      buses.set(name, await nats.connect(kinds[i]!.who, identities[i]!));
    }
  });
  after(() => nats.stop());

  it('are what the golden table says, for every identity and subject', async () => {
    const columns = await Promise.all([...buses.values()].map(allowed));
    const text = tableOf([...buses.keys()], columns);
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, 'utf8'));
  });

  it('keep every node from JetStream, while controllers have it', async () => {
    const ask = (who: string) =>
      natsOf(buses.get(who)!).request('$JS.API.INFO', undefined, { timeout: 2000 });
    await ask('controller');
    for (const who of buses.keys()) {
      if (who !== 'controller') await assert.rejects(ask(who), /Permissions Violation|timeout/i);
    }
  });

  it('let nobody have an answer sent where he may not speak', async () => {
    const controller = buses.get('controller')!;
    const node = buses.get('node n1')!;
    const handled: string[] = [];
    controller.respond(all.ops, async ({ subject }) => {
      handled.push(subject);
      return null;
    });
    await controller.rtt();
    const forged = [
      'kato.op.ctl.stop',
      'kato.node.n1.wake',
      '$KV.secrets.redis',
      'kato.reply.n2.x',
    ];
    const raw = natsOf(node);
    for (const reply of [...forged, `${inboxPrefix('n1')}x`, inboxPrefix('n1')]) {
      raw.publish(op('n1', 'status'), 'null', { reply });
    }
    raw.publish(op('n1', 'status'), 'null');
    assert.equal(await node.request(op('n1', 'last'), null, { timeoutMs: 5000 }), null);
    assert.deepEqual(handled, [op('n1', 'last')]);
  });

  it('let nobody answer twice, or what he was not asked', async () => {
    const node = natsOf(buses.get('node n1')!);
    const controller = natsOf(buses.get('controller')!);
    const heard: string[] = [];
    controller.subscribe('_INBOX_ctl.answers', {
      callback: (_, msg) => {
        heard.push(msg.string());
      },
    });
    node.subscribe('kato.node.n1.ask.>', {
      callback: (_, msg) => {
        for (const word of ['first', 'second']) msg.respond(word);
      },
    });
    await Promise.all([node.flush(), controller.flush()]);
    node.publish('_INBOX_ctl.answers', 'unasked');
    await node.flush();
    controller.publish('kato.node.n1.ask.status', 'null', { reply: '_INBOX_ctl.answers' });
    await until(() => heard.length > 0, { what: 'an answer came', seconds: 5 });
    await Promise.all([node.flush(), controller.flush()]);
    assert.deepEqual(heard, ['first']);
  });
});

interface Allowed {
  publish: Set<string>;
  subscribe: Set<string>;
}

/** Tries every subject both ways; the server tells each refusal before it answers the ping. */
async function allowed(bus: Bus): Promise<Allowed> {
  const connection = natsOf(bus);
  const may = { publish: new Set(SUBJECTS), subscribe: new Set(SUBJECTS) };
  const refusals = connection.status();
  const reading = (async () => {
    for await (const status of refusals) {
      if (status.type !== 'error' || status.error.name !== 'PermissionViolationError') continue;
      const { operation, subject } = status.error as PermissionViolationError;
      if (subject === DONE) return;
      may[operation === 'publish' ? 'publish' : 'subscribe'].delete(subject);
    }
  })();
  for (const subject of SUBJECTS) {
    connection.subscribe(subject, { callback: () => {} }).unsubscribe();
    connection.publish(subject);
  }
  connection.publish(DONE);
  await reading;
  return may;
}

/** Nobody may say this: its refusal is the last. */
const DONE = 'nobody.may.say.this';

function tableOf(names: string[], columns: Allowed[]): string {
  const rows = SUBJECTS.map((subject) => {
    const cells = columns.map(({ publish, subscribe }) =>
      [publish.has(subject) ? 'say' : '-', subscribe.has(subject) ? 'hear' : '-'].join(' '),
    );
    return [subject, ...cells];
  });
  const line = ([first, ...cells]: string[]) =>
    (first!.padEnd(36) + cells.map((cell) => cell.padEnd(14)).join('')).trimEnd();
  return `${[['', ...names], ...rows].map(line).join('\n')}\n`;
}
