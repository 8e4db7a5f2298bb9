import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { until } from '../../support/until.ts';
import { testPool } from '../../support/views.ts';
import { type Answer, type Asked, ask, type Backend, startBackend } from './backends.ts';
import { leading, type RunningProxy, startProxy } from './proxies.ts';

const run = promisify(execFile);
const ADDRESS = '127.0.42.1';

describe('a router', () => {
  const backends: Backend[] = [];
  let router: RunningProxy;
  const get = (asked: Asked): Promise<Answer> => ask(ADDRESS, router.http, asked);
  const backendOf = async (asked: Asked): Promise<string> => (await get(asked)).seen().backend;

  before(async () => {
    for (const name of ['a', 'b', 'c']) backends.push(await startBackend(name));
    const [a = '', b = '', c = ''] = backends.map((backend) => backend.address);
    const { routes, pools } = leading(
      ['three.example.com', '/', [a, b, c]],
      ['paths.example.com', '/', [a]],
      ['paths.example.com', '/api', [b]],
      ['paths.example.com', '/api/deep', [c]],
      ['*.wild.example.com', '/', [a]],
      ['tame.wild.example.com', '/', [b]],
      ['blog.wild.example.com', '/img', [b]],
      ['*.deep.wild.example.com', '/api', [c]],
      ['*.deep.wild.example.com', '/api/v1.0', [b]],
      ['x.deep.wild.example.com', '/api/own', [a], true],
      ['*.open.example.com', '/api', [b]],
      ['*.open.example.com', '/none', []],
      ['*.open.example.com', '/stay', [c], true],
      ['x.open.example.com', '/own', [a]],
      ['closed.open.example.com', '/', []],
      ['none.example.com', '/', []],
    );
    const controllers = testPool('controllers', 'controllers', [c]);
    router = await startProxy('router', ADDRESS, { routes, pools: [controllers, ...pools] });
  });
  after(async () => {
    await router.service.stop();
    await Promise.all(backends.map((backend) => backend.stop()));
  });

  it('goes round the backends of a route', async () => {
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 300; i++) counts[await backendOf({ host: 'three.example.com' })]!++;
    for (const [name, count] of Object.entries(counts)) {
      assert.ok(Math.abs(count - 100) <= 5, `${name} has ${count} of 300`);
    }
  });

  it('takes the longest path that fits, by whole names', async () => {
    const at = (path: string) => backendOf({ host: 'paths.example.com', path });
    assert.equal(await at('/'), 'a');
    assert.equal(await at('/apix'), 'a');
    assert.equal(await at('/api'), 'b');
    assert.equal(await at('/api/x?y=1'), 'b');
    assert.equal(await at('/api/deep/er'), 'c');
  });

  it('leads the endpoint to the controllers, and names below *. to theirs', async () => {
    assert.equal(await backendOf({ host: 'api.example.com' }), 'c');
    assert.equal(await backendOf({ host: 'x.wild.example.com' }), 'a');
    assert.equal(await backendOf({ host: 'x.y.wild.example.com' }), 'a');
    assert.equal(await backendOf({ host: 'tame.wild.example.com' }), 'b');
  });

  it('takes the most specific host that has a route for the path', async () => {
    const at = (host: string, path: string) => backendOf({ host: `${host}.example.com`, path });
    assert.equal(await at('blog.wild', '/img/x'), 'b');
    assert.equal(await at('blog.wild', '/'), 'a');
    assert.equal(await at('blog.wild', '/imgx?y=1'), 'a');
    // Three deep, and a path of a pattern that looks like a regular expression.
    assert.equal(await at('x.deep.wild', '/api/own/y'), 'a');
    assert.equal(await at('x.deep.wild', '/api/v1.0'), 'b');
    assert.equal(await at('x.deep.wild', '/api/v1x0'), 'c');
    assert.equal(await at('y.deep.wild', '/other'), 'a');
    assert.equal(await at('x.deep.wild', '/other'), 'a');
  });

  it('has for a host what a pattern above it has, answers without a backend and cookies too', async () => {
    const at = (path: string) => get({ host: 'x.open.example.com', path });
    assert.equal((await at('/api/x')).seen().backend, 'b');
    const [nothing, empty, stay] = [await at('/'), await at('/none/x'), await at('/stay')];
    assert.deepEqual([nothing.status, nothing.text], [404, 'no route for this path\n']);
    assert.deepEqual([empty.status, empty.text], [503, 'no backend for this route\n']);
    assert.equal(stay.seen().backend, 'c');
    assert.match(String(stay.headers['set-cookie']), /^kato_sticky=[0-9a-f]{12}; Path=\/stay;/);
  });

  it('leads nothing of a host to the pattern above it where that has a route at /', async () => {
    const { status, text } = await get({ host: 'closed.open.example.com', path: '/api/x' });
    assert.deepEqual([status, text], [503, 'no backend for this route\n']);
  });

  it('says plainly that a host, or a backend, is not there', async () => {
    const unknown = await get({ host: 'unknown.example.com' });
    assert.deepEqual([unknown.status, unknown.text], [404, 'no route for this host\n']);
    const empty = await get({ host: 'none.example.com' });
    assert.deepEqual([empty.status, empty.text], [503, 'no backend for this route\n']);
  });

  it('answers the health question of any balancer, whatever the host', async () => {
    for (const host of ['unknown.example.com', 'three.example.com', 'none.example.com']) {
      const { status, text } = await get({ host, path: '/.kato/health' });
      assert.deepEqual([status, text], [200, 'ok\n']);
    }
  });

  it('does not believe what a client says about who asked', async () => {
    const { headers } = (
      await get({
        host: 'three.example.com:8080',
        headers: {
          'x-forwarded-for': '1.2.3.4',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'evil.example.com',
          'x-forwarded-port': '1',
          'x-real-ip': '1.2.3.4',
          forwarded: 'for=1.2.3.4',
          proxy: 'http://evil.example.com',
        },
      })
    ).seen();
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.equal(headers['x-forwarded-host'], 'three.example.com:8080');
    assert.equal(headers['x-forwarded-port'], String(router.http));
    assert.equal(headers['x-real-ip'], '127.0.0.1');
    assert.equal(headers.host, 'three.example.com:8080');
    assert.equal(headers.forwarded, undefined);
    assert.equal(headers.proxy, undefined);
  });

  it('believes a balancer of the cluster', async () => {
    const { routes, pools } = leading(['one.example.com', '/', [backends[0]!.address]]);
    const second = await startProxy('router', '127.0.42.2', {
      routes,
      pools,
      trustedProxies: ['127.0.0.1'],
    });
    try {
      const answer = await ask('127.0.42.2', second.http, {
        host: 'one.example.com',
        headers: {
          'x-forwarded-for': '1.2.3.4',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'shop.example.org',
          'x-forwarded-port': '443',
          'x-real-ip': '1.2.3.4',
        },
      });
      const { headers } = answer.seen();
      assert.equal(headers['x-forwarded-for'], '1.2.3.4, 127.0.0.1');
      assert.equal(headers['x-forwarded-proto'], 'https');
      assert.equal(headers['x-forwarded-host'], 'shop.example.org');
      assert.equal(headers['x-forwarded-port'], '443');
      assert.equal(headers['x-real-ip'], '1.2.3.4');
    } finally {
      await second.service.stop();
    }
  });

  it('keeps connections to backends', async () => {
    const [backend] = backends;
    const [requests, connections] = [backend!.count(), backend!.connections()];
    for (let i = 0; i < 60; i++) await get({ host: 'paths.example.com' });
    assert.equal(backend!.count() - requests, 60);
    assert.ok(backend!.connections() - connections < 20);
  });

  it('takes bodies larger than its memory for them', async () => {
    const body = 'x'.repeat(3_000_000);
    const answer = await get({ host: 'three.example.com', method: 'POST', body });
    assert.equal(answer.seen().body.length, body.length);
  });

  it('passes WebSockets through, and no other change of protocol', async () => {
    const socket = connect(router.http, ADDRESS);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    const text = () => Buffer.concat(received).toString();
    socket.write(
      'GET / HTTP/1.1\r\nHost: three.example.com\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await until(() => text().includes('s3pPLMBiTxaQ9kYGzzhZRbK+xOo='), {
      what: 'the handshake is answered',
      seconds: 5,
    });
    socket.write('ping');
    await until(() => text().endsWith('ping'), { what: 'the echo is back', seconds: 5 });
    socket.destroy();
    await once(socket, 'close');
    const other = await get({
      host: 'three.example.com',
      headers: { connection: 'upgrade', upgrade: 'h2c' },
    });
    assert.equal(other.seen().headers.upgrade, undefined);
  });

  it('speaks HTTP/1.1 and HTTP/2 over TLS', async () => {
    const curl = async (version: string): Promise<string> => {
      const url = `https://three.example.com:${router.https}/`;
      const name = `three.example.com:${router.https}:${ADDRESS}`;
      const words = [
        '-sSk',
        version,
        '--resolve',
        name,
        '-w',
        ' %{http_version} %{http_code}',
        url,
      ];
      return (await run('curl', words)).stdout;
    };
    const [second, first] = [await curl('--http2'), await curl('--http1.1')];
    assert.match(second, / 2 200$/);
    assert.match(first, / 1\.1 200$/);
    assert.match(second, /"x-forwarded-proto":"https"/);
  });
});
