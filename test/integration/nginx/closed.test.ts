import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { cpus } from 'node:os';
import { text } from 'node:stream/consumers';
import { idOf } from '../../../src/domain/traffic/nginx/upstreams.ts';
import type { View } from '../../../src/domain/views/view.ts';
import { until } from '../../support/until.ts';
import { testPool } from '../../support/views.ts';
import { HOLD, type KeepingBackend, startKeeping } from './keeping.ts';
import { describeForEachNginx, leading, type RunningProxy } from './proxies.ts';

const ADDRESS = '127.0.69.1';
const HOST = 'shop.example.com';
const REFUSING = '127.0.0.2:1';
const KEPT = 16;

describeForEachNginx('kept connections closed all at once, as by a reload', (startProxy) => {
  const backends: KeepingBackend[] = [];
  let live: string[];
  let proxy: RunningProxy;
  let agent: Agent;
  let workers: number[];
  before(async () => {
    backends.push(await startKeeping(), await startKeeping());
    live = backends.map(({ address }) => address);
  });
  beforeEach(() => {
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    agent.destroy();
    goOn();
    await proxy.service.stop();
    for (const { took } of backends) took.length = 0;
  });
  after(() => Promise.all(backends.map((backend) => backend.stop())));

  /** With all connections at one worker, since each keeps its own. */
  const start = async (role: 'router' | 'load_balancer', changes: Partial<View>) => {
    proxy = await startProxy(role, ADDRESS, changes);
    workers = await workersOf(proxy.service.pid);
    await standStill(workers.slice(1));
  };
  const goOn = (): void => {
    for (const pid of workers) process.kill(pid, 'SIGCONT');
  };
  const send = (method: string, path: string, cookie: string): ClientRequest => {
    const headers = { host: HOST, cookie };
    const sent = request({ host: ADDRESS, port: proxy.http, method, path, headers, agent });
    sent.end(method === 'GET' ? '' : 'the body');
    return sent;
  };

  const keepConnections = async (cookie: string): Promise<void> => {
    const requests = Array.from({ length: KEPT }, () => send('GET', HOLD, cookie));
    const statuses = requests.map(statusOf);
    const held = () => backends.reduce((sum, backend) => sum + backend.held(), 0);
    await until(() => held() === KEPT, { what: 'all requests are there', seconds: 5 });
    for (const backend of backends) while (backend.held() > 0) backend.answer();
    assert.deepEqual([...new Set(await Promise.all(statuses))], [200]);
  };

  /** A request, and the end of all kept connections before nginx looks at either. */
  const askOnClosed = async (method: string, cookie = ''): Promise<number> => {
    await keepConnections(cookie);
    await standStill(workers);
    const sent = send(method, '/', cookie);
    const status = statusOf(sent);
    await until(() => isUnread(sent), { what: 'the request is at nginx', seconds: 5 });
    while (backends.map((backend) => backend.closeLast()).includes(true));
    process.kill(workers[0]!, 'SIGCONT');
    return status;
  };
  const took = () => backends.flatMap((backend) => backend.took);

  const filled: [what: string, addresses: () => string[]][] = [
    ['a pool of one', () => live.slice(0, 1)],
    ['a pool of which the other is dead', () => [live[0]!, REFUSING]],
    ['a pool of two, both of them', () => live],
  ];
  for (const [what, addresses] of filled) {
    for (const role of ['router', 'load_balancer'] as const) {
      it(`fail no request to ${what}, at a ${role}`, async () => {
        const routers = { pools: [testPool('routers', 'routers', addresses())] };
        await start(role, role === 'router' ? leading([HOST, '/', addresses()]) : routers);
        assert.equal(await askOnClosed('PUT'), 200);
        assert.deepEqual(took(), ['PUT the body']);
      });
    }
  }

  it('fail no request to a pool of which the other is out', async () => {
    const led = leading([HOST, '/', [live[0]!, REFUSING]]);
    led.pools[0]!.members[1]!.state = 'out';
    await start('router', led);
    assert.equal(await askOnClosed('PUT'), 200);
    assert.deepEqual(took(), ['PUT the body']);
  });

  it('fail no request of a client that has to stay with a backend', async () => {
    await start('router', leading([HOST, '/', [live[0]!, REFUSING], true]));
    const cookie = `kato_sticky=${idOf(live[0]!)}`;
    assert.equal(await askOnClosed('PUT', cookie), 200);
    assert.deepEqual(took(), ['PUT the body']);
  });

  it('fail a POST, which may have had an effect: it is not sent again', async () => {
    await start('router', leading([HOST, '/', live]));
    assert.equal(await askOnClosed('POST'), 502);
    assert.deepEqual(took(), []);
  });
});

async function statusOf(sent: ClientRequest): Promise<number> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await text(response);
  return response.statusCode!;
}

async function workersOf(master: number): Promise<number[]> {
  const children = (): number[] =>
    readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').match(/\d+/g)?.map(Number) ??
    [];
  const all = () => children().length === cpus().length;
  await until(all, { what: 'nginx has a worker for each processor', seconds: 5 });
  return children();
}

async function standStill(pids: number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const isStopped = (pid: number) => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  await until(() => pids.every(isStopped), { what: 'workers stand still', seconds: 5 });
}

/** Whether it has come over its connection, and nobody has read it. */
function isUnread({ socket }: ClientRequest): boolean {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  const [here, there] = [socket?.localPort ?? 0, socket?.remotePort ?? 0].map(hex);
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, local, remote, , queues]) =>
        local?.endsWith(`:${there}`) &&
        remote?.endsWith(`:${here}`) &&
        !queues?.endsWith(':00000000'),
    );
}
