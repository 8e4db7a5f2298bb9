import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import { type Answer, ask, type Backend, startBackend } from './backends.ts';
import { leading, type RunningProxy, routers, startProxy } from './proxies.ts';

const ADDRESS = '127.0.49.1';
const GREEDY = '127.0.49.2';
const OTHER = '127.0.49.3';
const HOST = 'shop.example.com';
/** Far more than it takes on a busy machine, far less than a client waits. */
const ANSWER_MS = 2000;
const UNVERIFIED = { rejectUnauthorized: false, localAddress: GREEDY, servername: HOST };
const HANDSHAKE = [
  `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket`,
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
].join('\r\n');

for (const role of ['router', 'load_balancer'] as const) {
  describe(`a ${role} that one client wants for itself`, () => {
    let backend: Backend;
    let proxy: RunningProxy;
    let sockets: Socket[] = [];
    before(async () => {
      backend = await startBackend('a');
    });
    afterEach(async () => {
      for (const socket of sockets.splice(0)) socket.destroy();
      await proxy.service.stop();
    });
    after(() => backend.stop());

    const led = () =>
      role === 'router' ? leading([HOST, '/', [backend.address]]) : routers([backend.address]);
    const start = async (settings: Record<string, string | number>): Promise<void> => {
      proxy = await startProxy(role, ADDRESS, led(), settings);
    };
    const get = (from: string): Promise<Answer> => ask(ADDRESS, proxy.http, { host: HOST, from });
    const open = async (count: number, port: number, text: string): Promise<Socket[]> => {
      const opened = Array.from({ length: count }, () =>
        connect({ host: ADDRESS, port, localAddress: GREEDY })
          .on('error', () => undefined)
          .resume(),
      );
      sockets = [...sockets, ...opened];
      await Promise.all(opened.map((socket) => once(socket, 'connect')));
      for (const socket of opened) socket.write(text);
      return opened;
    };
    const openWebSockets = async (count: number): Promise<void> => {
      const opened = await open(count, proxy.http, HANDSHAKE);
      await Promise.all(opened.map((socket) => once(socket, 'data')));
    };
    /** Has the other client ask as long as this takes: it is answered soon, each time. */
    const servedDuring = async (trouble: Promise<unknown>): Promise<void> => {
      let over = false;
      const ended = trouble.finally(() => {
        over = true;
      });
      ended.catch(() => undefined);
      for (let served = 0; !over || served === 0; served++) {
        const askedMs = performance.now();
        assert.equal((await get(OTHER)).status, 200);
        const tookMs = Math.round(performance.now() - askedMs);
        assert.ok(tookMs < ANSWER_MS, `served after ${tookMs} ms`);
        await pause(20);
      }
      await ended;
    };

    it('has no more open for it than the limit, says so, and serves others', async () => {
      await start({ max_client_requests: 5 });
      await openWebSockets(5);
      const { status, text } = await get(GREEDY);
      assert.deepEqual([status, text], [429, 'too many requests at a time from your address\n']);
      assert.equal((await get(OTHER)).status, 200);
      sockets[0]!.destroy();
      await until(async () => (await get(GREEDY)).status === 200, {
        what: 'what ended makes room',
        seconds: 5,
      });
    });

    it('does not limit a trusted proxy, from when on it is one: it stands for many', async () => {
      await start({ max_client_requests: 5 });
      await openWebSockets(5);
      assert.equal((await get(GREEDY)).status, 429);
      await proxy.service.reload(proxy.view({ ...led(), trustedProxies: [GREEDY] }));
      await until(async () => (await get(GREEDY)).status === 200, {
        what: 'it is trusted',
        seconds: 5,
      });
      await openWebSockets(20);
    });

    it('limits nobody when told so', async () => {
      await start({ max_client_requests: 0 });
      await openWebSockets(20);
      assert.equal((await get(GREEDY)).status, 200);
    });

    it('ends connections whose headers, or handshakes, do not come to an end', async () => {
      await start({ header_timeout: '1s' });
      const slow = await open(300, proxy.http, `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: `);
      const silent = await open(20, proxy.https, '');
      const trickle = setInterval(() => {
        for (const socket of slow) socket.write('x');
      }, 200);
      const ended = until(() => [...slow, ...silent].every(({ closed }) => closed), {
        what: 'all are closed',
        seconds: 10,
      });
      try {
        await servedDuring(ended);
      } finally {
        clearInterval(trickle);
      }
    });

    it('tells an HTTP/2 client that it takes 128 requests at a time on a connection', async () => {
      await start({});
      const session = connectHttp2(`https://${ADDRESS}:${proxy.https}`, UNVERIFIED);
      const [settings] = await once(session, 'remoteSettings');
      session.destroy();
      assert.equal(settings.maxConcurrentStreams, 128);
    });

    it('takes a thousand requests on one connection, though all are reset at once', async () => {
      await start({});
      const taken: number[] = [];
      const attack = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) taken.push(await resetRapidly(proxy.https));
      };
      await servedDuring(attack());
      assert.deepEqual(taken, [1000, 1000, 1000, 1000, 1000]);
    });
  });
}

/** What is more than the other side takes at a time would wait here, and be reset unsent. */
const BURST = 100;
const BURSTS_MAX = 50;

/** Asks and hangs up, again and again. How many requests the other side took before it had enough. */
async function resetRapidly(port: number): Promise<number> {
  const session = connectHttp2(`https://${ADDRESS}:${port}`, UNVERIFIED);
  let taken: number | null = null;
  session.on('error', () => undefined);
  session.on('goaway', (_code, lastStream) => {
    taken = (lastStream + 1) / 2;
  });
  await once(session, 'remoteSettings');
  for (let burst = 0; burst < BURSTS_MAX && taken === null && !session.closed; burst++) {
    for (let i = 0; i < BURST; i++) {
      const stream = session.request({ ':authority': HOST, ':path': '/.kato/health' });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await new Promise((resolve) => session.ping(resolve));
  }
  session.destroy();
  return taken ?? BURST * BURSTS_MAX;
}
