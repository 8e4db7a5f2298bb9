import assert from 'node:assert/strict';
import { ask, type Backend, startBackend } from './backends.ts';
import { leading, type RunningProxy, routers, startProxy } from './proxies.ts';

const ADDRESS = '127.0.44.1';
const ROUTERS = ['127.0.44.2', '127.0.44.3'];

describe('a load balancer in front of two routers', () => {
  const backends: Backend[] = [];
  const inner: RunningProxy[] = [];
  let balancer: RunningProxy;
  const pool = () => routers(inner.map(({ address, http }) => `${address}:${http}`));
  const get = (host: string, headers = {}) => ask(ADDRESS, balancer.http, { host, headers });

  before(async () => {
    for (const name of ['a', 'b', 'c']) backends.push(await startBackend(name));
    const addresses = backends.map(({ address }) => address);
    for (const address of ROUTERS) {
      const route = leading(['shop.example.com', '/', addresses]);
      inner.push(await startProxy('router', address, { ...route, trustedProxies: ['127.0.0.1'] }));
    }
    balancer = await startProxy('load_balancer', ADDRESS, pool());
  });
  after(async () => {
    await Promise.all([balancer, ...inner].map(({ service }) => service.stop()));
    await Promise.all(backends.map((backend) => backend.stop()));
  });

  it('shares requests out over the backends of a route', async () => {
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 300; i++) counts[(await get('shop.example.com')).seen().backend]!++;
    for (const [name, count] of Object.entries(counts)) {
      assert.ok(Math.abs(count - 100) <= 5, `${name} has ${count} of 300`);
    }
  });

  it('tells backends who asked it, not what the client claims', async () => {
    const answer = await get('shop.example.com', {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-proto': 'https',
    });
    const { headers } = answer.seen();
    assert.equal(headers['x-forwarded-for'], '127.0.0.1, 127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.equal(headers['x-forwarded-port'], String(balancer.http));
    assert.equal(headers.host, 'shop.example.com');
  });

  it('answers the health question itself', async () => {
    const answer = await ask(ADDRESS, balancer.http, { host: 'x', path: '/.kato/health' });
    assert.equal(answer.text, 'ok\n');
  });

  it('says that it has no router while there is none', async () => {
    const alone = await startProxy('load_balancer', '127.0.44.4', routers([]));
    try {
      const answer = await ask('127.0.44.4', alone.http, { host: 'shop.example.com' });
      assert.deepEqual([answer.status, answer.text], [503, 'no router\n']);
    } finally {
      await alone.service.stop();
    }
  });

  it('fails no request while a router dies', async () => {
    for (let i = 0; i < 100; i++) {
      if (i === 50) inner[0]!.service.child.kill('SIGTERM');
      assert.equal((await get('shop.example.com')).status, 200);
    }
  });
});
