import assert from 'node:assert/strict';
import type { HistoryEntry } from '../../src/domain/telling/history.ts';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  asJson,
  clusterOf,
  hastenDeath,
  refused,
  settled,
  statusOf,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { hint } from '../support/said/hint.ts';
import { startLoad } from '../support/traffic/on-hosts.ts';
import { openShop } from '../support/traffic/story.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 300_000;
const CONFIG = '/var/lib/kato/config/postgresql/loaded';
const SET = 'kato config set postgresql shared_buffers_mb';

const warningsOf = ({ warnings }: Status, code: string) =>
  warnings.filter((one) => one.code === code).map(({ message }) => message);

describe('a setting that three databases have', () => {
  const lab = useLab({ hosts: 4 });
  needsMachines(lab);
  let core: Host;
  let nodes: Host[];

  before(async function () {
    this.timeout(LIMIT_MS);
    [core, ...nodes] = lab.hosts as [Host, ...Host[]];
    await clusterOf(
      core,
      nodes.map((host) => [host, 'postgresql']),
    );
    await settled(core);
  });

  const memory = async (host: Host): Promise<string> =>
    (await typed(host, `grep -rh shared_buffers ${CONFIG}/`)).trim();
  const onAll = () => Promise.all(nodes.map(memory));
  const pids = () =>
    Promise.all(
      nodes.map((host) => typed(host, 'cat /var/lib/kato/data/postgresql/postmaster.pid')),
    );
  const sizes = async (): Promise<string[]> =>
    (await onAll()).map((line) => /(\d+)/.exec(line)?.[1] ?? line);

  it('comes to one after the other, and the command ends when all have it', async function () {
    this.timeout(LIMIT_MS);
    const { exitCode, stderr, stdout } = await type(core, `${SET} 64`);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout.trim(), '64');
    const order = [...stderr.matchAll(/(h\d): (re)?start\w* postgresql/g)].map(([, node]) => node);
    assert.deepEqual(order, ['h2', 'h3', 'h4'], stderr);
    assert.deepEqual(await sizes(), ['64', '64', '64']);
    assert.deepEqual(warningsOf(await statusOf(core), 'SETTING_UNDER_WAY'), []);
  });

  it('that cannot work hits one, two serve on, and the undo that is printed mends it', async function () {
    this.timeout(LIMIT_MS);
    const before = await pids();
    const error = await refused(core, `${SET} 900000`);
    assert.match(error.message, /^h2 is not well with postgresql shared_buffers_mb 900000: /);
    assert.match(error.why!, /^it came to 1 of 3 nodes, and to no other/);
    assert.equal(error.exitCode, 1);
    const after = await Promise.all(
      nodes.slice(1).map((host) => typed(host, 'cat /var/lib/kato/data/postgresql/postmaster.pid')),
    );
    assert.deepEqual(after, before.slice(1), 'the others were not touched');
    assert.deepEqual((await sizes()).slice(1), ['64', '64']);
    const [said] = warningsOf(await statusOf(core), 'SETTING_STOPPED');
    const warned = hint(
      said,
      'domain/rolls/stop.ts: ${node} is not well with ${role} ${key} ${to}: ${stopped.message}; it came to ${all.length - rest.length} of ${all.length} nodes, and to no other: give it another value, or take it back: kato config set ${role} ${key} ${words}',
    );
    const again = await refused(core, `${SET} 900000`);
    assert.equal(again.message, error.message, 'it is told again who asks again');
    const other = await refused(core, 'kato config set postgresql max_connections 50');
    assert.deepEqual([other.code, other.exitCode], ['CONFLICT', 4]);
    const meanwhile = hint(
      other.next,
      'domain/document/setting-changes.ts: give that another value, or take it back: kato config set ${role} ${key} ${words}',
    );
    const { commands } = hint(
      error.next,
      'domain/rolls/stop.ts: give it another value, or take it back: kato config set ${role} ${key} ${words}',
    );
    for (const also of [warned, meanwhile]) assert.deepEqual(also.commands, commands);
    const became = await until(
      async () => {
        const entries = await asJson<HistoryEntry[]>(core, 'kato history');
        return entries.find(({ params, end }) => JSON.stringify(params).includes('900000') && end)
          ?.end;
      },
      { what: 'the history has its end', seconds: 10 },
    );
    assert.deepEqual(
      became.nodes.map(({ node, outcome, code }) => [node, outcome, code]),
      [
        ['h2', 'failed', error.code],
        ['h3', 'kept', undefined],
        ['h4', 'kept', undefined],
      ],
    );
    await typed(core, commands[0]!);
    assert.deepEqual(await sizes(), ['64', '64', '64']);
    const status = await settled(core);
    assert.deepEqual(warningsOf(status, 'SETTING_STOPPED'), []);
    assert.deepEqual(
      (await pids()).slice(1),
      before.slice(1),
      'the others were not touched by the undo either',
    );
  });

  it('that cannot work gives way to another one, which the node that failed has first', async function () {
    this.timeout(LIMIT_MS);
    await refused(core, `${SET} 900000`);
    const { exitCode, stderr } = await type(core, `${SET} 48`);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await sizes(), ['48', '48', '48']);
    await settled(core);
  });

  it('goes on when its controller, its node, or all of them die in the middle', async function () {
    this.timeout(LIMIT_MS);
    await hastenDeath(core);
    const [first, second, third] = nodes as [Host, Host, Host];
    const isAt = (host: Host, size: string) =>
      until(async () => (await sizesNow(host)) === size, {
        what: `${host.name} has ${size}`,
        seconds: 60,
      });
    await typed(core, `${SET} --no-wait 32`);
    const underWay = hint(
      (await refused(core, `${SET} 33`)).next,
      'domain/document/setting-changes.ts: wait until it is over, or take it back: kato config set ${role} ${key} ${words}',
    );
    assert.deepEqual(underWay.commands, [`${SET} 48`]);
    await isAt(first, '32');
    await typed(core, 's6-svc -k /var/lib/kato/service/controller');
    await isAt(third, '32');
    assert.equal(await sizesNow(second), '32');
    await typed(core, `${SET} 32`);

    await typed(core, `${SET} --no-wait 40`);
    await isAt(first, '40');
    await second.powerOff();
    await isAt(third, '40');
    await second.powerOn();
    await isAt(second, '40');
    await settled(core);
    await typed(core, `${SET} 40`);

    await typed(core, `${SET} --no-wait 56`);
    await isAt(first, '56');
    await Promise.all(lab.hosts.map((host) => host.powerOff()));
    await Promise.all(lab.hosts.map((host) => host.powerOn()));
    for (const host of nodes) await isAt(host, '56');
    await settled(core, 60);
    await typed(core, `${SET} 56`);
  });

  async function sizesNow(host: Host): Promise<string> {
    const { stdout } = await type(host, `grep -rh shared_buffers ${CONFIG}/`);
    return /(\d+)/.exec(stdout)?.[1] ?? '';
  }
});

describe('the port of two routers', () => {
  const lab = useLab({ hosts: 5 });
  needsMachines(lab);

  it('changes without a request that fails', async function () {
    this.timeout(LIMIT_MS);
    const [core, router, spare, balancer, users] = lab.hosts as [Host, Host, Host, Host, Host];
    await openShop([core, router, spare, balancer, users]);
    await settled(core);
    const load = await startLoad(users, {
      ...{ target: balancer.address, host: 'shop.example.com', perSecond: 300 },
      streamsVia: core.address,
    });
    for (const port of ['8080', '80']) {
      const { exitCode, stderr } = await type(core, `kato config set router http_port ${port}`);
      assert.equal(exitCode, 0, stderr);
      const config = await typed(
        balancer,
        'cat /var/lib/kato/config/load_balancer/loaded/nginx.conf',
      );
      for (const { address } of [core, router]) {
        assert.equal(config.includes(`${address}:${port} `), true, `${address}:${port}: ${config}`);
      }
    }
    const { failures, requests, repeated, slowestMs } = await load.end();
    this.test!.title += `: ${requests} requests, ${repeated} sent again, slowest ${slowestMs} ms`;
    assert.deepEqual(failures, {});
  });
});
