import assert from 'node:assert/strict';
import { ask, type Backend, startBackend } from './backends.ts';
import { leading, type RunningProxy, routers, startProxy } from './proxies.ts';

const CLIENT = '127.0.0.1';
const ROUTER = '127.0.47.1';
const BALANCER = '127.0.47.2';
const HOST = 'shop.example.com';
/** Each is believed by some program behind a proxy: who asked, how, for what, as whom. */
const CLAIMS = {
  'client-ip': '10.0.0.1',
  'cf-connecting-ip': '10.0.0.1',
  'fastly-client-ip': '10.0.0.1',
  'true-client-ip': '10.0.0.1',
  'x-client-ip': '10.0.0.1',
  'x-cluster-client-ip': '10.0.0.1',
  'front-end-https': 'on',
  'x-forwarded-protocol': 'ssl',
  'x-forwarded-scheme': 'https',
  'x-forwarded-ssl': 'on',
  'x-scheme': 'https',
  'x-url-scheme': 'https',
  'x-forwarded-prefix': '//evil.example.com',
  'x-forwarded-server': 'evil.example.com',
  'x-original-host': 'evil.example.com',
  'x-original-url': '/admin',
  'x-rewrite-url': '/admin',
  'remote-user': 'root',
  'x-forwarded-user': 'root',
};
const HARMLESS = { 'x-requested-with': 'XMLHttpRequest', 'x-csrf-token': '1', via: '1.1 cache' };

describe('what a client claims by headers', () => {
  let backend: Backend;
  let proxies: RunningProxy[] = [];
  before(async () => {
    backend = await startBackend('a');
  });
  afterEach(async () => {
    await Promise.all(proxies.map(({ service }) => service.stop()));
    proxies = [];
  });
  after(() => backend.stop());

  const startRouter = async (trustedProxies: string[]): Promise<RunningProxy> => {
    const route = leading([HOST, '/', [backend.address]]);
    const router = await startProxy('router', ROUTER, { ...route, trustedProxies });
    proxies.push(router);
    return router;
  };
  /** In front of a router that trusts it, as it does in a cluster. */
  const startBalancer = async (trusted: string[]): Promise<RunningProxy> => {
    const router = await startRouter([CLIENT]);
    const pool = routers([`${router.address}:${router.http}`]);
    const balancer = await startProxy('load_balancer', BALANCER, pool, {
      trusted_proxies: trusted,
    });
    proxies.push(balancer);
    return balancer;
  };
  /** Of all that was sent, what the backend saw. */
  const arrived = async ({ address, http }: RunningProxy): Promise<Record<string, unknown>> => {
    const headers = { ...CLAIMS, ...HARMLESS };
    const seen = (await ask(address, http, { host: HOST, headers })).seen();
    return Object.fromEntries(Object.entries(seen.headers).filter(([name]) => name in headers));
  };

  it('does not pass a router, whether it trusts others or nobody', async () => {
    assert.deepEqual(await arrived(await startRouter([])), HARMLESS);
    await proxies.pop()!.service.stop();
    assert.deepEqual(await arrived(await startRouter(['192.0.2.1'])), HARMLESS);
  });

  it('does not pass a load balancer, whom routers trust', async () => {
    assert.deepEqual(await arrived(await startBalancer([])), HARMLESS);
  });

  it('passes both when the client is a trusted proxy', async () => {
    assert.deepEqual(await arrived(await startBalancer([CLIENT])), { ...CLAIMS, ...HARMLESS });
  });

  it('counts with the first of a list, as two proxies in a row make it', async () => {
    const router = await startRouter([CLIENT]);
    const told = async (headers: Record<string, string>): Promise<unknown[]> => {
      const seen = (await ask(ROUTER, router.http, { host: HOST, headers })).seen().headers;
      const names = ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-real-ip'];
      return names.map((name) => seen[name]);
    };
    const lists = {
      'x-forwarded-proto': 'https,http',
      'x-forwarded-host': 'shop.example.org, inner.example.org',
      'x-forwarded-port': '8443, 80',
      'x-real-ip': '10.0.0.1, 10.0.0.2',
    };
    assert.deepEqual(await told(lists), ['https', 'shop.example.org', '8443', '10.0.0.1']);
    const here = [HOST, String(router.http), CLIENT];
    assert.deepEqual(await told({ 'x-forwarded-proto': 'HTTP , https' }), ['http', ...here]);
    assert.deepEqual(await told({ 'x-forwarded-proto': 'httpsx' }), ['http', ...here]);
    assert.deepEqual(await told({ 'x-forwarded-port': 'x, 443' }), ['http', ...here]);
  });

  it('takes no port of its own for one that a proxy which ended TLS does not tell', async () => {
    const router = await startRouter([CLIENT]);
    for (const proto of ['https', 'wss', 'https, http']) {
      const headers = { 'x-forwarded-proto': proto };
      const seen = (await ask(ROUTER, router.http, { host: HOST, headers })).seen().headers;
      assert.deepEqual([seen['x-forwarded-proto'], seen['x-forwarded-port']], ['https', '443']);
    }
  });
});
