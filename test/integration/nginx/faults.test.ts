import assert from 'node:assert/strict';
import {
  type Answer,
  type Asked,
  ask,
  type Backend,
  startBackend,
  startBlackHole,
} from './backends.ts';
import { HOLD, startKeeping } from './keeping.ts';
import { leading, type RunningProxy, startProxy } from './proxies.ts';

const ADDRESS = '127.0.43.1';
const REFUSING = '127.0.0.1:1';
/** As long as one backend lives. */
const ANSWER_MS = 2000;

describe('a router in front of dead backends', () => {
  const backends: Backend[] = [];
  let live: string[];
  let holes: string[];
  let hangUp: Backend;
  let router: RunningProxy | undefined;
  before(async () => {
    backends.push(await startBackend('a'), await startBackend('b'));
    backends.push(await startBlackHole(), await startBlackHole());
    hangUp = await startBackend('hang-up', { hangUp: true });
    backends.push(hangUp);
    const addresses = backends.map((backend) => backend.address);
    live = addresses.slice(0, 2);
    holes = addresses.slice(2, 4);
  });
  afterEach(() => router?.service.stop());
  after(() => Promise.all(backends.map((backend) => backend.stop())));

  const start = async (addresses: string[], sticky = false): Promise<void> => {
    router = await startProxy(
      'router',
      ADDRESS,
      leading(['x.example.com', '/', addresses, sticky]),
    );
  };
  const get = (more: Partial<Asked> = {}): Promise<Answer> =>
    ask(ADDRESS, router!.http, { host: 'x.example.com', ...more });

  it('answers from the live one when 2 of 3 are without power', async () => {
    await start([...holes, live[0]!]);
    for (let i = 0; i < 20; i++) {
      const askedMs = performance.now();
      assert.equal((await get()).seen().backend, 'a');
      assert.ok(performance.now() - askedMs < ANSWER_MS);
    }
  });

  it('leaves them out once it has met them', async () => {
    await start([holes[0]!, live[0]!, live[1]!]);
    for (let i = 0; i < 90; i++) assert.equal((await get()).status, 200);
    // A third of the requests would meet it.
    const met = router!.service.log().split('timed out').length - 1;
    assert.ok(met >= 1 && met < 15, `met ${met} times`);
  });

  it('meets a dead one a few times, then once in some seconds, as the README says', async () => {
    await start([holes[0]!, live[0]!, live[1]!]);
    for (const startMs = performance.now(); performance.now() - startMs < 9000; ) {
      assert.equal((await get()).status, 200);
    }
    const met = router!.service.log().split('timed out').length - 1;
    assert.ok(met >= 3 && met <= 10, `met ${met} times`);
  });

  for (const dead of [1, 2]) {
    it(`says so when ${dead} of ${dead} are dead`, async () => {
      await start(holes.slice(0, dead));
      for (let i = 0; i < 4; i++) {
        const { status } = await get();
        assert.ok(status === 502 || status === 504, `status is ${status}`);
      }
    });
  }

  it('says what was wrong with them', async () => {
    const slow = await startKeeping();
    const led = leading(['x.example.com', '/', [REFUSING]], ['y.example.com', '/', [slow.address]]);
    router = await startProxy('router', ADDRESS, led, { backend_timeout: '1s' });
    try {
      const closed = await get();
      assert.equal(closed.status, 502);
      assert.equal(closed.text, 'no backend gave an answer that can be passed on\n');
      const late = await get({ host: 'y.example.com', path: HOLD });
      assert.deepEqual([late.status, late.text], [504, 'no backend has answered in time\n']);
      const log = router.service.log();
      assert.match(log, new RegExp(`Connection refused.* upstream: "http://${REFUSING}/`));
      assert.match(log, new RegExp(`timed out.* upstream: "http://${slow.address}/`));
    } finally {
      await slow.stop();
    }
  });

  it('passes over backends whose port is closed', async () => {
    await start([REFUSING, live[0]!]);
    for (let i = 0; i < 10; i++) assert.equal((await get()).seen().backend, 'a');
  });

  it('asks another backend when one hangs up, but sends no POST twice', async () => {
    await start([hangUp.address, live[0]!]);
    const before = backends[0]!.count();
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await get({ method: 'POST' })).status);
    assert.equal(statuses.filter((status) => status === 502).length, 2);
    assert.equal(backends[0]!.count() - before, 2);
    for (let i = 0; i < 4; i++) assert.equal((await get()).status, 200);
  });

  it('asks backends that count as dead in the end, with the whole request', async () => {
    const { routes, pools } = leading(['x.example.com', '/', [REFUSING, live[0]!]]);
    pools[0]!.members[1]!.state = 'out';
    router = await startProxy('router', ADDRESS, { routes, pools });
    const body = 'x'.repeat(300_000);
    for (let i = 0; i < 10; i++) {
      const answer = await get({ method: 'POST', body });
      assert.deepEqual([answer.status, answer.seen().body.length], [200, body.length]);
    }
  });

  it('keeps a client with its backend until that dies, then with another', async () => {
    const third = await startBackend('third');
    await start([...live, third.address], true);
    const cookieOf = (answer: Answer) => answer.headers['set-cookie']?.[0]?.split(';')[0];
    let cookie = '';
    for (let i = 0; i < 3; i++) {
      const answer = await get();
      if (answer.seen().backend === 'third') cookie = cookieOf(answer)!;
    }
    assert.match(cookie, /^kato_sticky=[0-9a-f]{12}$/);
    for (let i = 0; i < 10; i++) {
      const answer = await get({ headers: { cookie } });
      assert.deepEqual([answer.seen().backend, cookieOf(answer)], ['third', undefined]);
    }
    await third.stop();
    const moved = await get({ headers: { cookie } });
    assert.notEqual(moved.seen().backend, 'third');
    const next = cookieOf(moved)!;
    assert.notEqual(next, cookie);
    for (let i = 0; i < 5; i++) {
      const answer = await get({ headers: { cookie: next } });
      assert.equal(answer.seen().backend, moved.seen().backend);
    }
    const strange = await get({ headers: { cookie: 'kato_sticky=nobody' } });
    assert.equal(strange.status, 200);
  });

  for (const status of [401, 404, 500]) {
    it(`keeps a client whose first answer is ${status}`, async () => {
      const failing = await startBackend('failing', { status });
      try {
        await start([failing.address], true);
        const answer = await get();
        assert.equal(answer.status, status);
        assert.match(String(answer.headers['set-cookie']), /^kato_sticky=[0-9a-f]{12};/);
      } finally {
        await failing.stop();
      }
    });
  }

  it('ties no client to a backend that did not answer', async () => {
    await start([hangUp.address, REFUSING], true);
    for (let i = 0; i < 4; i++) {
      const { status, headers } = await get({ method: 'POST' });
      assert.deepEqual([status, headers['set-cookie']], [502, undefined]);
    }
  });
});
