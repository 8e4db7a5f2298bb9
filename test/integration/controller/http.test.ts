import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Bus } from '../../../src/bus/bus.ts';
import { serveHttp } from '../../../src/controller/doors/http.ts';
import { createLive, takeDocument } from '../../../src/controller/state/live.ts';
import { clusterWith } from '../../support/clusters.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';

describe('the HTTP side of a controller', function () {
  this.timeout(30_000);
  let port: number;
  let served: { close(): Promise<void> };
  const live = createLive();
  const bus = { connected: true };
  const sockets: Socket[] = [];

  before(async () => {
    port = await freePort();
    const listen = { address: '0.0.0.0', port };
    const options = { live, bus: bus as Bus, kato: '0.1.0', clusterId: 'c1' };
    served = await serveHttp(listen, options);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await served.close();
  });

  /** Status of an answer, asked from an address of this machine; null where there is none. */
  const asked = (from: string, headers: Record<string, string> = {}): Promise<number | null> =>
    new Promise((resolve) => {
      const options = { port, host: '127.0.0.1', path: '/health', localAddress: from, headers };
      const asking = get({ ...options, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      });
      asking.on('error', () => resolve(null));
    });

  async function opened(from: string, count: number): Promise<Socket[]> {
    const made = Array.from({ length: count }, () =>
      connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => undefined),
    );
    sockets.push(...made);
    await Promise.all(made.map((socket) => new Promise((done) => socket.once('connect', done))));
    return made;
  }

  const answered = async (path: string): Promise<[number, unknown]> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return [answer.status, await answer.json()];
  };

  it('is healthy with the state and the bus, and not without one of them', async () => {
    assert.deepEqual(await answered('/health'), [503, { healthy: false }], 'no state yet');
    takeDocument(live, clusterWith(), 1);
    assert.deepEqual(await answered('/health'), [200, { healthy: true }]);
    bus.connected = false;
    assert.deepEqual(await answered('/health'), [503, { healthy: false }], 'the bus is away');
    bus.connected = true;
    assert.deepEqual(await answered('/health'), [200, { healthy: true }]);
  });

  it('tells the id, the endpoint and the version of the cluster, and nothing else', async () => {
    const { endpoint } = clusterWith();
    const info = { format: 1, cluster: 'c1', endpoint, version: '0.1.0' };
    assert.deepEqual(await answered('/v1/info'), [200, info]);
  });

  it('answers who says at once that he will ask no more', async () => {
    const socket = connect({ port, host: '127.0.0.6', allowHalfOpen: true });
    socket.end('GET /health HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"healthy":true\}$/);
  });

  it('keeps a place for others, however many connections one address opens', async () => {
    const held = await opened('127.0.0.2', 150);
    await until(() => held.filter(({ destroyed }) => destroyed).length === 50, {
      what: 'what is beyond the share is closed',
      seconds: 5,
    });
    assert.equal(await asked('127.0.0.2'), null);
    assert.equal(await asked('127.0.0.3'), 200);
  });

  it('waits some seconds for headers, and takes only so many of them', async () => {
    const [slow] = (await opened('127.0.0.4', 1)) as [Socket];
    slow.resume().write('GET /health HTTP/1.1\r\nHost: a\r\n');
    await until(() => slow.destroyed, { what: 'it is cut off', seconds: 9 });
    assert.equal(await asked('127.0.0.5', { 'x-long': 'a'.repeat(10_000) }), 431);
    assert.equal(await asked('127.0.0.2'), 200, 'those that said nothing are gone, too');
  });
});
