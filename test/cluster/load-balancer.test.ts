import assert from 'node:assert/strict';
import {
  clusterOf,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusWhen,
  typed,
} from '../support/cluster.ts';
import { useLab } from '../support/lab/suite.ts';
import { makeChain } from '../support/traffic/certificates.ts';
import {
  type Backend,
  curl,
  seen,
  sendRequests,
  startBackend,
  startLoad,
} from '../support/traffic/on-hosts.ts';
import { until } from '../support/until.ts';

const SHOP = 'shop.example.com';
/** As long as somebody can answer: two tries of a connection, and an agent that cuts what is dead. */
const ANSWER_MS = 5000;
/** nginx itself would wait 60. */
const FAR_BELOW_NGINX_SECONDS = 5;
/** In an order in which each step is valid. */
const QUICK_DEATH = { interval: 1, considerInactive: 2, considerDead: 4 };
const CONFIG = '/var/lib/kato/config/load_balancer/loaded/nginx.conf';

describe('a load balancer', () => {
  const lab = useLab({ hosts: 6 });
  const host = (number: number) => lab.host(number);
  const core = () => host(1);
  const balancer = () => host(4);
  const users = () => host(5);
  const backends: Backend[] = [];

  before(async () => {
    await clusterOf(core(), [
      [host(2), 'router'],
      [host(3), ''],
      [balancer(), 'router'],
    ]);
    for (const [i, at] of [5, 5, 6].entries()) {
      backends.push(await startBackend(host(at), `b${i}`, 8001 + i));
    }
    await typed(core(), `kato route add ${SHOP} ${backends.map((one) => one.address).join(' ')}`);
    await settled(core());
  });

  it('is not set up with its own address named where nobody can be asked', async () => {
    const named = `${core().address} ${balancer().address}`;
    const { code, exitCode } = await refused(balancer(), `kato node setup load_balancer ${named}`);
    assert.deepEqual([code, exitCode], ['USAGE', 2]);
    assert.deepEqual(rolesOf(await nodeOn(balancer())), ['base', 'router']);
  });

  it('asks on a terminal, and is then a load balancer in exchange for the router', async () => {
    const line = `script -qec 'stty cols 100; kato node setup load_balancer' /dev/null`;
    const said = await typed(balancer(), line, { input: 'y\n' });
    assert.match(said, /among the routers\. Leave it out of the pool\? \[Y\/n\]/);
    assert.match(said, /in exchange for router/);
    await settled(core());
    assert.deepEqual(rolesOf(await nodeOn(balancer())), ['base', 'load_balancer']);
    assert.deepEqual(await pool(), [1, 2].map(addressOf));
    assert.match(await typed(balancer(), 'kato node setup load_balancer'), /already so/);
  });

  it('tells backends who the user is, whatever he claims', async () => {
    const headers = ['-H', 'X-Forwarded-For: 1.2.3.4', '-H', 'X-Real-IP: 1.2.3.4'];
    const { text } = await curl(users(), url(), SHOP, ...headers);
    const { headers: got, via } = JSON.parse(text) as Awaited<ReturnType<typeof seen>>;
    assert.equal(got['x-forwarded-for'], `${users().address}, ${balancer().address}`);
    assert.equal(got['x-real-ip'], users().address);
    const direct = await curl(users(), `http://${via}/`, SHOP, ...headers);
    const { headers: past } = JSON.parse(direct.text) as Awaited<ReturnType<typeof seen>>;
    assert.equal(past['x-forwarded-for'], users().address);
  });

  it('follows the routers as they come, stop, start and go', async () => {
    await typed(host(3), 'kato role add router');
    await poolIs(1, 2, 3);
    await until(
      async () => (await seen(users(), balancer().address, SHOP)).via === host(3).address,
      {
        what: 'the new router is used',
        seconds: 10,
      },
    );
    await typed(core(), 'kato stop router -n h3');
    await poolIs(1, 2);
    await typed(core(), 'kato start router -n h3');
    await poolIs(1, 2, 3);
    await typed(core(), 'kato role remove router -n h3');
    await poolIs(1, 2);
  });

  it('stays with pinned addresses until it is told to follow again', async () => {
    const said = await typed(balancer(), `kato node setup load_balancer ${host(2).address}`);
    assert.match(said, /^kato status shows it$/m);
    await poolIs(2);
    for (const at of [balancer(), core()]) {
      const shown = new RegExp(`^ +routers of h4 +pool +${host(2).address}:80 *$`, 'm');
      assert.match(await typed(at, 'kato status'), shown);
    }
    await typed(host(3), 'kato role add router');
    await settled(core());
    assert.deepEqual(await pool(), [addressOf(2)]);
    await typed(balancer(), 'kato node setup load_balancer');
    await poolIs(1, 2, 3);
    assert.doesNotMatch(await typed(core(), 'kato status'), /routers of/);
    await typed(host(3), 'kato role remove router');
    await poolIs(1, 2);
  });

  it('ends TLS with the certificate of the domain, over HTTP/2', async () => {
    await makeChain(core(), SHOP);
    const install = 'cd /root/certificates && kato op custom_ssl_cert install';
    const mismatch = await refused(core(), `${install} other.key chain.pem ${SHOP}`);
    assert.deepEqual([mismatch.code, mismatch.exitCode], ['BAD_FILE', 2]);
    await typed(core(), `${install} leaf.key chain.pem ${SHOP}`);
    await host(5).write('/root/root.pem', await core().read('/root/certificates/root.pem'));
    for (const at of [4, 1]) {
      const { status, version } = await tls(at, '--cacert', '/root/root.pem');
      assert.deepEqual([status, version], [200, '2']);
    }
    assert.match(await typed(core(), 'kato op custom_ssl_cert list'), new RegExp(SHOP));

    const same = await typed(core(), `${install} leaf.key chain.pem ${SHOP}`);
    assert.match(same, /^already so: /);
    await makeChain(core(), SHOP);
    const again = await refused(core(), `${install} leaf.key chain.pem ${SHOP}`);
    assert.deepEqual([again.code, again.exitCode], ['CONFLICT', 4]);
    await typed(core(), `${install} --update leaf.key chain.pem ${SHOP}`);
    const old = await tls(4, '--cacert', '/root/root.pem');
    assert.equal(old.status, 0, 'the old root does not know the new certificate');

    await typed(core(), `kato op custom_ssl_cert remove ${SHOP}`);
    assert.doesNotMatch(await typed(core(), 'kato op custom_ssl_cert list'), new RegExp(SHOP));
    assert.equal(
      (await tls(4, '-k')).status,
      200,
      'the certificate of the cluster serves it again',
    );
  });

  it('shares 1,000 requests out over both routers and three backends', async () => {
    const target = balancer().address;
    const count = 1000;
    const sent = await sendRequests(users(), { target, host: SHOP, perSecond: 400, count });
    assert.deepEqual(sent.failures, {});
    assert.deepEqual(
      Object.keys(sent.byRouter).sort(),
      [1, 2].map((one) => host(one).address),
    );
    for (const [name, got] of Object.entries(sent.byBackend)) {
      assert.ok(Math.abs(got - count / 3) <= count * 0.05, `${name} got ${got} of ${count}`);
    }
  });

  it('answers from what is left of three backends, one without its program, one without power', async () => {
    const [killed, left, off] = backends;
    const target = balancer().address;
    const under = await startLoad(users(), { target, host: SHOP, perSecond: 100 });
    await seen(users(), target, SHOP);
    await killed!.kill();
    await off!.host.powerOff();
    const sent = await sendRequests(users(), { target, host: SHOP, perSecond: 100, count: 200 });
    assert.deepEqual(Object.keys(sent.byBackend), [left!.name]);
    const all = await under.end();
    assert.deepEqual([all.failures, sent.failures], [{}, {}]);
    assert.ok(all.slowestMs < ANSWER_MS, `the slowest took ${all.slowestMs} ms`);
  });

  it('says soon that no backend is left', async () => {
    const [killed, , off] = backends;
    for (const [name, dead] of Object.entries({ one: [off], two: [killed, off] })) {
      const route = `${name}.example.com`;
      const addresses = dead.map((backend) => backend!.address).join(' ');
      await typed(core(), `kato route add ${route} ${addresses}`);
      for (let i = 0; i < 4; i++) {
        const { status } = await curl(users(), url(), route, '-m', String(FAR_BELOW_NGINX_SECONDS));
        assert.ok(status === 502 || status === 504, `${route}: status ${status}`);
      }
    }
  });

  it('keeps one of two routers that lose power at once, and has both when they return', async () => {
    for (const [key, seconds] of Object.entries(QUICK_DEATH)) {
      await typed(core(), `kato config set cluster heartbeat.${key} ${seconds}`);
    }
    await typed(host(3), 'kato role add router');
    await typed(core(), 'kato role remove router');
    await poolIs(2, 3);
    await Promise.all([host(2).powerOff(), host(3).powerOff()]);
    const status = await statusWhen(core(), 'both are dead', ({ nodes }) =>
      nodes.slice(1, 3).every((node) => node.state === 'dead'),
    );
    const states = status.pools.find(({ kind }) => kind === 'routers')!.members.map((m) => m.state);
    assert.deepEqual(states.sort(), ['in', 'out']);
    assert.ok(status.warnings.some(({ code }) => code === 'POOL_BRAKE'));
    await until(async () => (await pool()).length === 1, { what: 'one is out', seconds: 10 });
    await Promise.all([host(2).powerOn(), host(3).powerOn()]);
    await poolIs(2, 3);
    assert.equal((await curl(users(), url(), SHOP)).status, 200);
  });

  async function pool(): Promise<string[]> {
    const found = (await balancer().read(CONFIG)).matchAll(/^\s*server (\S+) max_fails=3/gm);
    return [...new Set([...found].map(([, one]) => one!))];
  }

  async function poolIs(...routers: number[]): Promise<void> {
    const wanted = routers.map(addressOf).join(' ');
    await until(async () => (await pool()).join(' ') === wanted, {
      what: `the pool is ${wanted}`,
      seconds: 20,
    });
  }

  function tls(at: number, ...how: string[]) {
    const name = `${SHOP}:443:${host(at).address}`;
    return curl(users(), `https://${SHOP}/`, SHOP, '--resolve', name, ...how);
  }

  function addressOf(number: number): string {
    return `${host(number).address}:80`;
  }

  function url(): string {
    return `http://${balancer().address}/`;
  }
});
