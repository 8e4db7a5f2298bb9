import assert from 'node:assert/strict';
import { asJson, clusterOf, ENDPOINT, refused, settled, typed } from '../support/cluster.ts';
import type { Running } from '../support/lab/command.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import type { ComponentOptions } from '../support/traffic/component.ts';
import { curl, NODE, seen, startBackend, startProgram } from '../support/traffic/on-hosts.ts';
import { until } from '../support/until.ts';

const APP = 'app.example.com';
/** Longer than the test takes: what it announces once must be remembered. */
const ONCE_SECONDS = 3600;

type Credential = Pick<ComponentOptions, 'bus' | 'serverName' | 'ca' | 'seed'>;

describe('components that announce routes', () => {
  const lab = useLab({ hosts: 3 });
  const host = (number: number) => lab.host(number);
  let credential: Credential;
  let first: Running;
  let second: Running;

  before(async () => {
    await clusterOf(host(1), [[host(2), 'router']]);
    for (const [i, port] of [8001, 8002].entries()) await startBackend(host(3), `b${i}`, port);
    await settled(host(1));
    const added = `kato route announcer add shop --host '*.example.com'`;
    credential = await asJson<Credential>(host(1), added);
  });

  it('are answered, and have their route served by every router', async () => {
    first = await component([APP], 8001, 1);
    const greeting = JSON.parse(first.stdout.split('\n')[0]!) as Record<string, unknown>;
    assert.equal(greeting.minimumRegisterIntervalInSeconds, 20);
    await leadsTo(APP, 'b0');
    const [route] = await announced();
    assert.deepEqual(route, {
      route: APP,
      backends: [`${host(3).address}:8001`],
      sticky: false,
      announced: true,
    });
  });

  it('may not take the endpoint, nor names of others', async () => {
    const greedy = await component(
      [ENDPOINT, 'other.org', 'example.com', 'own.example.com'],
      8002,
      1,
    );
    await leadsTo('own.example.com', 'b1');
    assert.deepEqual((await announced()).map(({ route }) => route).sort(), [
      APP,
      'own.example.com',
    ]);
    for (const at of [1, 2]) {
      const url = `http://${host(at).address}/v1/info`;
      assert.match((await curl(host(3), url, ENDPOINT)).text, /"cluster"/);
      assert.equal((await curl(host(3), url, 'other.org')).status, 404);
    }
    await greedy.kill('SIGTERM');
    await until(async () => (await announced()).length === 1, { what: 'it is gone', seconds: 10 });
  });

  it('cannot lead requests into the cluster itself, and an admin sees why', async () => {
    const bad = await component(['bad.example.com'], 4222, ONCE_SECONDS, host(1).address);
    const good = await component(['good.example.com'], 8002, ONCE_SECONDS);
    await leadsTo('good.example.com', 'b1');
    assert.deepEqual((await announced()).map(({ route }) => route).sort(), [
      APP,
      'good.example.com',
    ]);
    const told = await typed(host(1), 'kato route announcer list');
    assert.match(told, /^shop +2 +\*\.example\.com$/m);
    assert.match(told, /^shop +\d+ +\d+ s ago +a backend that no route may lead to: bad\.example/m);
    assert.match(told, /^shop +\d+ +\d+ s ago +a host name that it may not announce: /m);
    const log = await host(1).read('/var/log/kato/controller/current');
    assert.match(log, /an announcement of shop is refused: a backend that no route may lead to/);
    await Promise.all([bad.kill('SIGTERM'), good.kill('SIGTERM')]);
    await until(async () => (await announced()).length === 1, { what: 'it is gone', seconds: 10 });
  });

  it('share a route, and take their part of it back at once', async () => {
    second = await component([APP], 8002, ONCE_SECONDS);
    await leadsTo(APP, 'b0', 'b1');
    await first.kill('SIGTERM');
    await leadsTo(APP, 'b1');
  });

  it('are not forgotten when the controller dies', async () => {
    const known = await announced();
    const [controller] = await pidsOf('controller');
    await host(1).run(['kill', '-KILL', String(controller)]);
    await until(async () => (await pidsOf('controller'))[0] !== controller, {
      what: 'another controller runs',
      seconds: 10,
    });
    await until(async () => (await announced()).length > 0, {
      what: 'the routers have told it what is announced',
      seconds: 20,
    });
    assert.deepEqual(await announced(), known);
    await leadsTo(APP, 'b1');
  });

  it('are not spoken for by a router, whatever it says to a controller that has just started', async () => {
    const known = await announced();
    const route = { announcer: 'shop', host: 'evil.example.com', path: '/', sticky: false };
    const evil = { ...route, backend: `${host(3).address}:8002` };
    const [controller] = await pidsOf('controller');
    await host(1).run(['kill', '-KILL', String(controller)]);
    await until(async () => (await pidsOf('controller'))[0] !== controller, {
      what: 'another controller runs',
      seconds: 10,
    });
    const handIn = { known: null, announced: [evil] };
    await until(async () => (await asked(host(2), 'view', handIn)).includes('"view"'), {
      what: 'the controller has answered',
      seconds: 20,
    });
    await until(async () => (await announced()).length > 0, { what: 'it knows', seconds: 30 });
    assert.deepEqual(await announced(), known);
    await leadsTo(APP, 'b1');
  });

  it('are not forgotten when the bus dies, and announce more when it is back', async () => {
    const [bus] = await pidsOf('nats-server');
    await host(1).run(['kill', '-KILL', String(bus)]);
    assert.equal((await seen(host(3), host(2).address, APP)).backend, 'b1');
    await settled(host(1));
    first = await component(['new.example.com'], 8001, 1);
    await leadsTo('new.example.com', 'b0');
    await leadsTo(APP, 'b1');
  });

  it('end with their credential', async () => {
    await typed(host(1), 'kato route announcer remove shop');
    assert.deepEqual(await announced(), []);
    for (const at of [1, 2]) {
      await until(
        async () => (await curl(host(3), `http://${host(at).address}/`, APP)).status === 404,
        { what: `h${at} serves it no more`, seconds: 10 },
      );
    }
    await first.kill();
    await second.kill();
    assert.equal((await refused(host(1), 'kato route announcer remove shop')).exitCode, 3);
  });

  function component(
    uris: string[],
    port: number,
    everySeconds: number,
    at = host(3).address,
  ): Promise<Running> {
    const registration = { host: at, port, uris, tags: { component: 'shop' } };
    const options: ComponentOptions = { ...credential, registration, everySeconds };
    return startProgram(host(3), 'component.ts', [JSON.stringify(options)]);
  }

  /** What the cluster answers a node that says anything it likes. */
  async function asked(by: Host, operation: string, params: object): Promise<string> {
    const request = JSON.stringify({ id: '', operation, params, timeoutMs: 2000 });
    const script = `require('net').connect('/run/kato/agent.sock').on('connect', function () {
      this.write(process.argv[1] + '\\n'); }).pipe(process.stdout)`;
    return (await by.run([NODE, '-e', script, request])).stdout;
  }

  function announced(): Promise<{ route: string; announced: boolean }[]> {
    return asJson<{ route: string; announced: boolean }[]>(host(1), 'kato route list').then((all) =>
      all.filter((route) => route.announced),
    );
  }

  /** Both routers lead a host name to all of these backends, and to no other. */
  async function leadsTo(name: string, ...backends: string[]): Promise<void> {
    for (const at of [1, 2]) {
      await until(
        async () => {
          const answers = await Promise.all(
            [1, 2, 3, 4].map(() => seen(host(3), host(at).address, name)),
          );
          return (
            String([...new Set(answers.map((one) => one.backend))].sort()) === String(backends)
          );
        },
        { what: `h${at} leads ${name} to ${backends}`, seconds: 10 },
      );
    }
  }

  async function pidsOf(process: string): Promise<number[]> {
    const folder = `/var/lib/kato/service/${process}`;
    const { stdout } = await host(1).run(['s6-svstat', '-o', 'pid', folder]);
    return [Number(stdout)].filter((pid) => pid > 0);
  }
});
