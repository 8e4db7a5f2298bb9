import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, get, request } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { ask } from './backends.ts';
import { describeForEachNginx, leading, type RunningProxy, routers } from './proxies.ts';

const CLIENT = '127.0.0.1';
const ROUTER = '127.0.68.1';
const BALANCER = '127.0.68.2';
const HOST = 'shop.example.com';
const LIMIT_MS = 5000;
const INTERIM = [100, 101, 102, 103];

describeForEachNginx('an interim answer of a backend', (startProxy) => {
  let backend: Server;
  let router: RunningProxy;
  let balancer: RunningProxy;
  before(async () => {
    backend = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        const asked = Number(/^GET \/(\d+)/.exec(String(data))?.[1]);
        const interim = `HTTP/1.1 ${asked} Interim\r\nLink: </a.css>; rel=preload\r\n\r\n`;
        socket.write(asked < 200 ? interim : '');
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody');
      });
    }).listen(0, CLIENT);
    await once(backend, 'listening');
    const address = `${CLIENT}:${(backend.address() as AddressInfo).port}`;
    const led = { ...leading([HOST, '/', [address]]), trustedProxies: [CLIENT] };
    router = await startProxy('router', ROUTER, led);
    balancer = await startProxy('load_balancer', BALANCER, routers([`${ROUTER}:${router.http}`]));
  });
  after(async () => {
    await Promise.all([router.service.stop(), balancer.service.stop()]);
    backend.close();
  });

  for (const role of ['router', 'load_balancer'] as const) {
    const proxy = (): RunningProxy => (role === 'router' ? router : balancer);

    it(`of HTTP/1.1 is a 502 from a ${role}, and the next request is answered`, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ask = async (path: string): Promise<unknown[]> => {
        const { address, http } = proxy();
        const signal = AbortSignal.timeout(LIMIT_MS);
        const headers = { host: HOST };
        const asked = get({ host: address, port: http, path, headers, agent, signal });
        const [response] = await once(asked, 'response');
        return [response.statusCode, response.headers.connection, await text(response)];
      };
      for (const status of INTERIM) {
        const [code, connection, said] = await ask(`/${status}`);
        // What the router closes is the connection of the balancer.
        const after = role === 'router' ? 'close' : 'keep-alive';
        assert.deepEqual([code, connection], [502, after]);
        assert.match(String(said), /interim answer/);
        assert.deepEqual(await ask('/200'), [200, 'keep-alive', 'body']);
      }
      agent.destroy();
    });

    it(`of HTTP/2 is a 502 from a ${role}, and all else on the connection goes on`, async () => {
      const session = connectHttp2(`https://${proxy().address}:${proxy().https}`, {
        rejectUnauthorized: false,
      });
      const paths = [...INTERIM, 200].flatMap((status) => [`/${status}`, '/200']);
      const statuses = await Promise.all(paths.map((path) => askHttp2(session, path)));
      const due = paths.map((path) => (path === '/200' ? 200 : 502));
      assert.deepEqual(statuses, due);
      assert.equal(await askHttp2(session, '/200'), 200);
      session.close();
    });
  }

  it('is a 502 also where the backend was the last resort', async () => {
    const backends = ['127.0.0.2:1', `${CLIENT}:${(backend.address() as AddressInfo).port}`];
    const { routes, pools } = leading([HOST, '/', backends]);
    pools[0]!.members[1]!.state = 'out';
    const last = await startProxy('router', '127.0.68.3', { routes, pools });
    try {
      const answer = await ask(last.address, last.http, { host: HOST, path: '/103' });
      assert.deepEqual([answer.status, answer.text.includes('interim answer')], [502, true]);
    } finally {
      await last.service.stop();
    }
  });

  it('to a HEAD leaves nothing for the next client on the connection to the backend', async () => {
    const asked: string[] = [];
    const hinting = createHttpServer(async (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === '/hinted') {
        response.writeEarlyHints({ link: '</a.css>; rel=preload' });
        return;
      }
      response.setHeader('x-said', String(request.url)).end();
    }).listen(0, CLIENT);
    await once(hinting, 'listening');
    const { port } = hinting.address() as AddressInfo;
    const own = await startProxy(
      'router',
      '127.0.68.3',
      leading([HOST, '/', [`${CLIENT}:${port}`]]),
    );
    try {
      const ask = async (method: string, path: string) => {
        const to = { host: own.address, port: own.http, headers: { host: HOST }, agent: false };
        const signal = AbortSignal.timeout(LIMIT_MS);
        const [response] = await once(request({ ...to, method, path, signal }).end(), 'response');
        response.resume();
        return [response.statusCode, response.headers['x-said']];
      };
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await ask('HEAD', '/hinted'), [502, undefined]);
        assert.deepEqual(await ask('GET', '/account'), [200, '/account']);
        assert.deepEqual(await ask('HEAD', '/a%20b?c=d'), [200, '/a%20b?c=d']);
      }
      assert.deepEqual(asked.slice(0, 3), ['HEAD /hinted', 'GET /account', 'HEAD /a%20b?c=d']);
    } finally {
      await own.service.stop();
      hinting.closeAllConnections();
      hinting.close();
    }
  });

  it('is in the log of the router, with the backend', () => {
    assert.match(
      router.service.log(),
      /interim answer, 103.* upstream: "http:\/\/127\.0\.0\.1:\d+\//,
    );
  });
});

async function askHttp2(session: ClientHttp2Session, path: string): Promise<unknown> {
  const stream = session.request(
    { ':path': path, ':authority': HOST },
    { signal: AbortSignal.timeout(LIMIT_MS) },
  );
  const [headers] = await once(stream, 'response');
  await text(stream);
  return headers[':status'];
}
