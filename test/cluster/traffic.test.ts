import assert from 'node:assert/strict';
import { clusterOf, settled, statusWhen, typed } from '../support/cluster.ts';
import { useLab } from '../support/lab/suite.ts';
import type { Summary } from '../support/traffic/load.ts';
import { reload, startBackend, startLoad, workersOf } from '../support/traffic/on-hosts.ts';
import { until } from '../support/until.ts';

const SHOP = 'shop.example.com';
const RELOADS = 100;
const PER_SECOND = 500;

describe('while users are at work', () => {
  const lab = useLab({ hosts: 5 });
  const host = (number: number) => lab.host(number);
  let usual: number;

  before(async () => {
    await clusterOf(host(1), [
      [host(2), 'router'],
      [host(3), ''],
      [host(4), ''],
    ]);
    await host(4).kato('node', 'setup', 'load_balancer');
    const ports = [8001, 8002, 8003];
    const backends = await Promise.all(
      ports.map((port, i) => startBackend(host(5), `b${i}`, port)),
    );
    const addresses = backends.map(({ address }) => address).join(' ');
    await typed(host(1), `kato route add ${SHOP} ${addresses}`);
    await settled(host(1));
    usual = workersOf(host(4));
  });

  it('a router comes, one goes, one loses power, and nginx reloads 100 times', async function () {
    const target = host(4).address;
    const streamsVia = host(1).address;
    const load = await startLoad(host(5), {
      target,
      host: SHOP,
      perSecond: PER_SECOND,
      streamsVia,
    });
    const reloading = Promise.all([
      reload(host(4), 'load_balancer', RELOADS),
      reload(host(1), 'router', RELOADS),
    ]);

    await typed(host(3), 'kato role add router');
    await inPool(3, true);
    await typed(host(2), 'kato role remove router');
    await inPool(2, false);
    for (let i = 0; i < 10; i++) {
      await typed(host(1), `kato route add --no-wait n${i}.example.com ${host(5).address}:8001`);
    }
    await reloading;
    await host(3).powerOff();
    await inPool(3, false);

    // Those of before the reloads, which have the streams, and the last ones.
    await until(() => [1, 4].every((number) => workersOf(host(number)) <= 2 * usual), {
      what: 'at most two generations of workers are left while the streams are open',
      seconds: 15,
    });
    const summary = await load.end();
    this.test!.title += `: ${told(summary)}`;
    assert.deepEqual(summary.failures, {});
    assert.equal(summary.webSocket?.broken, null);
    assert.equal(summary.download?.broken, null);
    await until(() => [1, 4].every((number) => workersOf(host(number)) === usual), {
      what: 'old workers are gone with the last of what they served',
      seconds: 10,
    });
  });

  /** Whether the load balancer has this router in its live configuration. */
  async function inPool(number: number, wanted: boolean): Promise<void> {
    const { address } = host(number);
    await statusWhen(
      host(1),
      `h${number} is ${wanted ? '' : 'not '}a router in use`,
      ({ pools }) => {
        const routers = pools.find((pool) => pool.kind === 'routers');
        const member = routers?.members.find((one) => one.address === `${address}:80`);
        return (member?.state === 'in') === wanted;
      },
    );
  }
});

function told(summary: Summary): string {
  const { requests, repeated, medianMs, p999Ms, slowestMs, webSocket, download } = summary;
  const megabytes = Math.round((download?.bytes ?? 0) / 1_048_576);
  return (
    `${requests} requests (${repeated} sent again), median ${medianMs} ms, ` +
    `p99.9 ${p999Ms} ms, slowest ${slowestMs} ms, ` +
    `${webSocket?.echoes} echoes, ${megabytes} MB`
  );
}
