import assert from 'node:assert/strict';
import { asJson, clusterOf, refused, settled, statusWhen, typed } from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { curl, seen, startBackend } from '../support/traffic/on-hosts.ts';
import { until } from '../support/until.ts';

const SHOP = 'shop.example.com';
/** Far less than a circle of requests takes until it ends. */
const AT_ONCE_SECONDS = 5;

interface Listed {
  route: string;
  backends: string[];
  leftOut?: string[];
}

describe('backends that no request should reach', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);

  before(async () => {
    await clusterOf(host(1), [
      [host(2), 'router'],
      [host(3), 'redis'],
    ]);
    await startBackend(host(3), 'b0', 8001);
    await startBackend(host(2), 'local', 8002);
    await settled(host(1));
  });

  it('are refused with the reason, and no route is left of the try', async () => {
    for (const [address, port, code] of [
      ['127.0.0.1', 8002, 'BAD_ADDRESS'],
      ['169.254.169.254', 80, 'BAD_ADDRESS'],
      [host(1).address, 4222, 'CONFLICT'],
      [host(1).address, 9080, 'CONFLICT'],
      [host(2).address, 80, 'CONFLICT'],
      [host(3).address, 6379, 'CONFLICT'],
    ] as const) {
      const error = await refused(host(1), `kato route add ${SHOP} ${address}:${port}`);
      assert.equal(error.code, code, `${address}:${port}`);
      assert.match(error.next!, /--any-backend/);
    }
    assert.deepEqual(await asJson<Listed[]>(host(1), 'kato route list'), []);
  });

  it('are taken with --any-backend, and served', async () => {
    const here = 'here.example.com';
    await typed(host(1), `kato route add --any-backend ${here} 127.0.0.1:8002`);
    assert.equal((await seen(host(3), host(2).address, here)).backend, 'local');
    await typed(host(1), `kato route remove ${here}`);
  });

  it('are left out when they become routers later: requests do not go round in a circle', async () => {
    const [web, db] = [host(2).address, host(3).address];
    await typed(host(1), `kato route add ${SHOP} ${db}:80 ${db}:8001`);
    await typed(host(1), `kato route add alone.example.com ${db}:80`);
    await typed(host(1), 'kato role add -n h3 router');
    const status = await statusWhen(host(1), 'the circle is told', ({ warnings }) =>
      warnings.some(({ code }) => code === 'BACKEND_LOOP'),
    );
    const told = status.warnings.filter(({ code }) => code === 'BACKEND_LOOP');
    assert.deepEqual(told.map(({ message }) => message.replace(/ leaves out.*/, '')).sort(), [
      'the route alone.example.com',
      `the route ${SHOP}`,
    ]);
    assert.match(
      told[0]!.message,
      new RegExp(`leaves out ${db}:80: it is the port of router on h3`),
    );
    for (const router of [web, db]) {
      await until(async () => (await curl(host(1), `http://${router}/`, SHOP)).status === 200, {
        what: `${router} serves ${SHOP}`,
        seconds: 10,
      });
      for (let i = 0; i < 8; i++) assert.equal((await seen(host(1), router, SHOP)).backend, 'b0');
      const { status: code, seconds } = await curl(
        host(1),
        `http://${router}/`,
        'alone.example.com',
      );
      assert.equal(code, 503);
      assert.ok(seconds < AT_ONCE_SECONDS, `answered after ${seconds} s`);
    }
    const [shop] = (await asJson<Listed[]>(host(1), 'kato route list')).filter(
      ({ route }) => route === SHOP,
    );
    assert.deepEqual(shop!.leftOut, [`${db}:80`]);
    assert.match(await typed(host(1), 'kato check || true'), /warning +pools .*leaves out/);
  });

  it('are served again when the router goes', async () => {
    await typed(host(1), 'kato role remove -n h3 router');
    await startBackend(host(3), 'b80', 80);
    await until(
      async () =>
        (await curl(host(1), `http://${host(2).address}/`, 'alone.example.com')).status === 200,
      { what: 'the program at the port is reached', seconds: 10 },
    );
  });
});
