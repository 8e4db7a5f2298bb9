import assert from 'node:assert/strict';
import { useLab } from '../support/lab/suite.ts';
import type { Summary } from '../support/traffic/load.ts';
import { workersOf } from '../support/traffic/on-hosts.ts';
import { type FiveHosts, makeTrouble, openShop, startShopping } from '../support/traffic/story.ts';
import { until } from '../support/until.ts';

/** 36 s on a quiet machine: most of it is what nginx takes for 100 reloads. */
const LIMIT_MS = 180_000;

describe('while users are at work', () => {
  const lab = useLab({ hosts: 5 });
  let hosts: FiveHosts;
  let usual: number;
  /** How many nginx workers the core's router and the load balancer have. */
  const workers = () => [hosts[0], hosts[3]].map(workersOf);

  before(async () => {
    hosts = lab.hosts as unknown as FiveHosts;
    await openShop(hosts);
    usual = workersOf(hosts[3]);
  });

  it('a router comes, one goes, one loses power, and nginx reloads 100 times', async function () {
    this.timeout(LIMIT_MS);
    const load = await startShopping(hosts);
    await makeTrouble(hosts);
    // Those of before the reloads, which have the streams, and the last ones.
    await until(() => workers().every((count) => count <= 2 * usual), {
      what: 'at most two generations of workers are left while the streams are open',
      seconds: 15,
    });
    const summary = await load.end();
    this.test!.title += `: ${told(summary)}`;
    assert.deepEqual(summary.failures, {});
    assert.equal(summary.webSocket?.broken, null);
    assert.equal(summary.download?.broken, null);
    await until(() => workers().every((count) => count === usual), {
      what: 'old workers are gone with the last of what they served',
      seconds: 10,
    });
  });
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
