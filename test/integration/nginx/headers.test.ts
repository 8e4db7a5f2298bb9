import assert from 'node:assert/strict';
import { CLAIMS } from '../../../src/domain/traffic/nginx/claims.ts';
import { ask, type Backend, type BackendOptions, startBackend } from './backends.ts';
import { leading, type RunningProxy, routers, startProxy } from './proxies.ts';

const CLIENT = '127.0.0.1';
const ROUTER = '127.0.67.1';
const BALANCER = '127.0.67.2';
const HOST = 'shop.example.com';
const ODD = { api_key: '1', 'app.version': '2', _x: '3' };

describe('headers on their way through a load balancer and a router', () => {
  let backend: Backend | undefined;
  let proxies: RunningProxy[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([backend?.stop(), ...proxies.map(({ service }) => service.stop())]);
    backend = undefined;
    proxies = [];
  };
  afterEach(stop);

  /** The router trusts the balancer, as it does in a cluster. */
  const start = async (
    ofRouter: Record<string, string | number>,
    ofBalancer: Record<string, string | number>,
    options: BackendOptions = {},
  ): Promise<RunningProxy> => {
    backend = await startBackend('a', options);
    const led = { ...leading([HOST, '/', [backend.address], true]), trustedProxies: [CLIENT] };
    const router = await startProxy('router', ROUTER, led, ofRouter);
    const pool = routers([`${router.address}:${router.http}`]);
    const balancer = await startProxy('load_balancer', BALANCER, pool, ofBalancer);
    proxies = [router, balancer];
    return balancer;
  };
  const arrived = async (headers: Record<string, string>): Promise<Record<string, unknown>> => {
    const answer = await ask(BALANCER, proxies[1]!.http, { host: HOST, headers });
    assert.equal(answer.status, 200);
    return answer.seen().headers;
  };

  it('are dropped when they have other characters than letters, digits and hyphens', async () => {
    await start({}, {});
    const seen = await arrived({ ...ODD, 'api-key': '4' });
    assert.equal(seen['api-key'], '4');
    for (const name of Object.keys(ODD)) assert.equal(seen[name], undefined);
  });

  it('arrive when both let them pass', async () => {
    await start({ odd_headers: 'all' }, { odd_headers: 'all' });
    const seen = await arrived(ODD);
    for (const [name, value] of Object.entries(ODD)) assert.equal(seen[name], value);
  });

  it('arrive with underscores alone, and none that stands for what kato sets or clears', async () => {
    await start({ odd_headers: 'underscores' }, { odd_headers: 'underscores' });
    const { _x, api_key, 'app.version': version } = await arrived(ODD);
    assert.deepEqual([_x, api_key, version], ['3', '1', undefined]);
    const own = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port'];
    const names = [...own, 'X-Real-IP', ...CLAIMS.map(({ name }) => name)];
    for (const [mark, other] of ['__', '_-', '-_'] as const) {
      const forms = names
        .map((name) => name.replace('-', '\0').replaceAll('-', other!).replace('\0', mark!))
        .filter((form) => form.includes('_'));
      const got = await arrived(Object.fromEntries(forms.map((form) => [form, 'evil'])));
      const evil = Object.entries(got).filter(([, value]) => String(value).includes('evil'));
      assert.deepEqual(evil, []);
    }
  });

  it('of an answer may be long: 60 kB with 20 cookies', async () => {
    const cookies = Array.from({ length: 20 }, (_, index) => `c${index}=${'x'.repeat(3000)}`);
    const balancer = await start({}, {}, { headers: { 'set-cookie': cookies } });
    const answer = await ask(BALANCER, balancer.http, { host: HOST });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['set-cookie']?.length, 21);
  });

  it('of an answer lead nginx nowhere else', async () => {
    const headers = { 'x-accel-redirect': '/.kato/health', 'x-accel-limit-rate': '1' };
    const balancer = await start({}, {}, { headers });
    const answer = await ask(BALANCER, balancer.http, { host: HOST });
    assert.deepEqual([answer.status, answer.seen().headers.host], [200, HOST]);
    assert.equal(answer.headers['x-accel-redirect'], undefined);
  });

  it('of an answer are replaced by 502 when they are longer than the setting', async () => {
    const headers = { 'x-long': 'x'.repeat(5000) };
    const balancer = await start({ max_answer_headers_kb: 4 }, {}, { headers });
    assert.equal((await ask(BALANCER, balancer.http, { host: HOST })).status, 502);
    assert.match(proxies[0]!.service.log(), /upstream sent too big header/);
  });

  it('of an answer are not longer than the balancer takes, whatever the router takes', async () => {
    const headers = { 'x-long': 'x'.repeat(120_000) };
    const status = async (ofRouter: number, ofBalancer: number): Promise<number> => {
      const balancer = await start(
        { max_answer_headers_kb: ofRouter },
        { max_answer_headers_kb: ofBalancer },
        { headers },
      );
      return (await ask(BALANCER, balancer.http, { host: HOST })).status;
    };
    assert.equal(await status(128, 136), 200);
    await stop();
    assert.equal(await status(128, 64), 502);
  });

  it('that a trusted proxy passes with underscores are not told from those it sets', async () => {
    await start({ odd_headers: 'underscores' }, {});
    const { address, http } = proxies[0]!;
    const told = async (headers: Record<string, string>): Promise<unknown> =>
      (await ask(address, http, { host: HOST, headers })).seen().headers['x-real-ip'];
    const [true_, false_] = [{ 'X-Real-IP': '10.0.0.1' }, { X_Real_IP: '10.0.0.2' }];
    assert.equal(await told({ ...true_, ...false_ }), '10.0.0.1');
    assert.equal(await told({ ...false_, ...true_ }), '10.0.0.2');
  });

  it('with points pass with all, also where they look like what kato sets', async () => {
    await start({ odd_headers: 'all' }, { odd_headers: 'all' });
    assert.equal((await arrived({ 'x.real.ip': '10.0.0.1' }))['x.real.ip'], '10.0.0.1');
  });
});
