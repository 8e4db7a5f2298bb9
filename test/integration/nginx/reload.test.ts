import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { until } from '../../support/until.ts';
import { type Backend, startBackend } from './backends.ts';
import { leading, type RunningProxy, startProxy } from './proxies.ts';

const ADDRESS = '127.0.45.1';
const RELOADS = 100;
/** 7 s on a quiet machine. */
const LIMIT_MS = 120_000;
const CLIENTS = 8;

describe('a router that is reloaded under load', () => {
  const backends: Backend[] = [];
  let router: RunningProxy;
  before(async () => {
    for (const name of ['a', 'b', 'c']) backends.push(await startBackend(name));
    router = await startProxy('router', ADDRESS, routes(3), { drain: '5s' });
  });
  after(async () => {
    await router.service.stop();
    await Promise.all(backends.map((backend) => backend.stop()));
  });

  const routes = (count: number) =>
    leading(['x.example.com', '/', backends.slice(0, count).map(({ address }) => address)]);
  const workers = (): number =>
    readFileSync(`/proc/${router.service.pid}/task/${router.service.pid}/children`, 'utf8')
      .split(' ')
      .filter((pid) => pid !== '').length;

  it('fails no request in 100 reloads, and then has one generation of workers', async function () {
    this.timeout(LIMIT_MS);
    // It accepts before its last worker is there.
    const usual = availableParallelism();
    await until(() => workers() === usual, { what: 'all workers are there', seconds: 10 });
    const failures: string[] = [];
    let running = true;
    let done = 0;
    const clients = Array.from({ length: CLIENTS }, async (_, index) => {
      while (running) {
        const outcome = await (index % 2 === 0 ? getFresh : getKept)(router.http);
        done++;
        if (outcome !== '200') failures.push(outcome);
      }
    });
    for (let i = 0; i < RELOADS; i++) {
      const target = done + CLIENTS;
      await router.service.reload(router.view(routes(1 + (i % 3))));
      await until(() => done >= target, { what: 'requests go on', seconds: 10 });
    }
    running = false;
    await Promise.all(clients);
    assert.deepEqual(failures, []);
    await until(() => workers() <= usual, { what: 'old workers are gone', seconds: 20 });
  });
});

/** Every request on a connection of its own: nothing may fail, and nothing is tried twice. */
function getFresh(port: number): Promise<string> {
  return get(port, false).catch(String);
}

/**
 * A server may close a kept connection at any time, also while a request is on its way to it
 * (RFC 9112, 9.3.1). Clients then send it again on a new one; so does this, once.
 */
async function getKept(port: number): Promise<string> {
  try {
    return await get(port, agent);
  } catch {
    return getFresh(port);
  }
}

const agent = new Agent({ keepAlive: true });

async function get(port: number, connection: Agent | false): Promise<string> {
  const headers = { host: 'x.example.com' };
  const outgoing = request({ host: ADDRESS, port, agent: connection, headers });
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  response.resume();
  await once(response, 'end');
  return String(response.statusCode);
}
