import assert from 'node:assert/strict';
import type { Bus } from '../../../src/bus/bus.ts';
import { createIdentity } from '../../../src/bus/identity.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { openStore } from '../../../src/bus/store/store.ts';
import { all, heartbeat, op } from '../../../src/bus/subjects.ts';
import type { BusUser } from '../../../src/domain/views/view.ts';
import { clusterAt, startNatsWithController, type TestNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

const n1 = createIdentity();
const n2 = createIdentity();
const N1: BusUser = { kind: 'node', id: 'n1', key: n1.key };
const N2: BusUser = { kind: 'node', id: 'n2', key: n2.key };
const N2_FORMER: BusUser = { kind: 'former', id: 'n2', key: n2.key };
const SOON = { timeoutMs: 5000 };

describe('users of the bus change by reload', () => {
  let nats: TestNats;
  let controllerUser: BusUser;
  let controller: Bus;
  let first: Bus;
  const drops: string[] = [];
  let answerWhen = Promise.withResolvers<void>();
  answerWhen.resolve();

  before(async () => {
    const started = await startNatsWithController([N1]);
    ({ nats, controllerUser, controller } = started);
    controller.respond(all.ops, async ({ subject }) => {
      await answerWhen.promise;
      return subject;
    });
    first = await nats.connect('n1', n1);
    noteDrops('controller', controller);
    noteDrops('n1', first);
  });
  after(() => nats.stop());

  it('lets a new node in while the others go on', async () => {
    await assert.rejects(nats.connect('n2', n2), { code: 'NOT_ALLOWED' });
    await nats.reload([controllerUser, N1, N2]);
    const second = await nats.connect('n2', n2);
    assert.equal(await second.request(op('n2', 'status'), null, SOON), op('n2', 'status'));
    assert.equal(await first.request(op('n1', 'status'), null, SOON), op('n1', 'status'));
    await second.close();
    assert.deepEqual(drops, []);
  });

  it('loses no answer that is due when it happens', async () => {
    answerWhen = Promise.withResolvers();
    const answer = first.request(op('n1', 'status'), null, SOON);
    await first.rtt();
    await nats.reload([controllerUser, N1]);
    await nats.reload([controllerUser, N1, N2]);
    answerWhen.resolve();
    assert.equal(await answer, op('n1', 'status'));
  });

  it('takes rights away from a live connection without ending it', async () => {
    const second = await nats.connect('n2', n2);
    await nats.reload([controllerUser, N1, N2_FORMER]);
    await until(
      () =>
        second.request(op('n2', 'status'), null, SOON).then(
          () => false,
          ({ code }) => code === 'NOT_ALLOWED',
        ),
      { what: 'a removed node may not ask', seconds: 5 },
    );
    assert.equal(await second.request(op('n2', 'removed'), null, SOON), op('n2', 'removed'));
    assert.equal(second.connected, true);
    await second.close();
  });

  it('cuts off the one that is taken out, who says why and keeps trying', async () => {
    const reasons: string[] = [];
    const second = await nats.connect('n2', n2, {
      onStatus: (_, reason) => reasons.push(reason?.code ?? 'up'),
    });
    await nats.reload([controllerUser, N1]);
    await until(() => reasons.includes('NOT_ALLOWED'), { what: 'it is refused', seconds: 10 });
    assert.equal(second.publish(heartbeat('n2'), null), false);
    await nats.reload([controllerUser, N1, N2]);
    await until(() => second.connected, { what: 'it is back', seconds: 10 });
    assert.equal(await second.request(op('n2', 'status'), null, SOON), op('n2', 'status'));
    assert.deepEqual(drops, []);
  });

  it('leaves the store and its watches alone, even when accounts come and go', async () => {
    const store = await openStore(controller, 'seed');
    const heard: number[] = [];
    let entry: number | null = await store.createState(clusterAt(1), {});
    await store.watchCluster(({ revision }) => heard.push(revision));
    const announcer: BusUser = { kind: 'announcer', id: 'shop', key: createIdentity().key };
    for (const [i, users] of [[announcer], [], [announcer, N2]].entries()) {
      await nats.reload([controllerUser, N1, ...users]);
      const revision = i + 2;
      entry = await store.writeCluster(clusterAt(revision), entry!);
      await until(() => heard.at(-1) === revision, { what: `${revision} is told`, seconds: 5 });
    }
    assert.equal(await first.request(op('n1', 'status'), null, SOON), op('n1', 'status'));
    assert.deepEqual(drops, []);
  });

  function noteDrops(name: string, bus: Bus): void {
    void (async () => {
      for await (const { type } of natsOf(bus).status())
        if (type === 'disconnect') drops.push(name);
    })();
  }
});
