import assert from 'node:assert/strict';
import { settled, statusWhen, type, typed } from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { kill } from '../support/running.ts';
import { startLoad } from '../support/traffic/on-hosts.ts';
import { openShop } from '../support/traffic/story.ts';
import { until } from '../support/until.ts';

const PER_SECOND = 300;
const ROUNDS = 10;
const LIMIT_MS = 240_000;
/** Of the node that leaves, for others to follow: and then a little. */
const LEFT_SECONDS = 5;

describe('what is about to stop', () => {
  const lab = useLab({ hosts: 5 });
  needsMachines(lab);
  let core: Host;
  let router: Host;
  let spare: Host;
  let balancer: Host;
  let users: Host;
  const config = () => typed(balancer, 'cat /var/lib/kato/config/load_balancer/current/*');
  const sends = async (host: Host): Promise<boolean> =>
    (await config()).includes(`${host.address}:80`);
  const shop = (streamsVia: Host) =>
    startLoad(users, {
      ...{ target: balancer.address, host: 'shop.example.com', perSecond: PER_SECOND },
      streamsVia: streamsVia.address,
    });

  before(async () => {
    [core, router, spare, balancer, users] = lab.hosts as [Host, Host, Host, Host, Host];
    await openShop([core, router, spare, balancer, users]);
    await settled(core);
  });

  it('gets no request any more: ten routers come and go, and none is lost', async function () {
    this.timeout(LIMIT_MS);
    const load = await shop(core);
    for (let round = 0; round < ROUNDS; round++) {
      await typed(core, `kato role add -n ${spare.name} router`);
      assert.equal(await sends(spare), true, `round ${round}`);
      await typed(core, `kato role remove -n ${spare.name} router`);
      assert.equal(await sends(spare), false, `round ${round}`);
    }
    const { failures, requests, repeated, webSocket, slowestMs } = await load.end();
    this.test!.title += `: ${requests} requests, ${repeated} sent again, slowest ${slowestMs} ms`;
    assert.deepEqual(failures, {});
    assert.equal(webSocket?.broken, null);
  });

  it('gets none either where a person stops it, holds it, or halts all of its node', async function () {
    this.timeout(LIMIT_MS);
    const load = await shop(core);
    for (const [stop, start] of [
      [`kato stop -n ${router.name} router`, `kato start -n ${router.name} router`],
      [`kato process stop -n ${router.name} router`, `kato process start -n ${router.name} router`],
    ] as const) {
      await typed(core, stop);
      assert.equal(await sends(router), false, stop);
      await typed(core, start);
      assert.equal(await sends(router), true, start);
    }
    await typed(router, 'kato node halt');
    assert.equal(await sends(router), false, 'halted');
    await typed(router, 'kato node boot');
    await settled(core);
    const { failures } = await load.end();
    assert.deepEqual(failures, {});
  });

  it('gets none while it is restarted, and is in its pool again when the command ends', async function () {
    this.timeout(LIMIT_MS);
    const load = await shop(core);
    for (const restart of ['kato restart', 'kato process restart']) {
      const { exitCode, stderr } = await type(core, `${restart} -n ${router.name} router`);
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /leave router \.\.\. ok \d+ ms\n[\s\S]*restart router \.\.\. ok/);
      assert.equal(await sends(router), true, restart);
    }
    const { failures, repeated, webSocket } = await load.end();
    this.test!.title += `: ${repeated} sent again`;
    assert.deepEqual(failures, {});
    assert.equal(webSocket?.broken, null);
  });

  it('stays in its pool while it is restarted where nobody else serves', async () => {
    await typed(core, 'kato stop router');
    const { exitCode, stderr } = await type(core, `kato restart -n ${router.name} router`);
    assert.equal(exitCode, 0, stderr);
    assert.equal(await sends(router), true);
    await typed(core, 'kato start router');
    assert.equal(await sends(core), true);
  });

  it('gets none either where its node leaves the cluster', async function () {
    this.timeout(LIMIT_MS);
    await typed(core, `kato role add -n ${spare.name} router`);
    const load = await shop(core);
    await typed(spare, 'kato node detach');
    assert.equal(await sends(spare), false);
    const { failures } = await load.end();
    assert.deepEqual(failures, {});
  });

  it('is in its pool again after the boot that ends a hold', async () => {
    await typed(core, `kato process stop -n ${router.name} router`);
    await typed(router, 'kato node halt && kato node boot');
    await settled(core);
    await until(() => sends(router), { what: 'it is in the pool', seconds: 20 });
  });

  it('stops in time where a balancer does not follow, and says so', async () => {
    await typed(balancer, 's6-svc -p /var/lib/kato/service/agent');
    const { exitCode, stderr } = await type(core, `kato stop -n ${router.name} router`);
    assert.match(
      stderr,
      new RegExp(
        `leave router \\.\\.\\. ok \\d+ ms \\(after ${LEFT_SECONDS} s h4 may still send requests\\)`,
      ),
    );
    await typed(balancer, 's6-svc -c /var/lib/kato/service/agent');
    assert.equal(exitCode, 0, stderr);
    await typed(core, `kato start -n ${router.name} router`);
    await settled(core);
  });

  it('halts in time where nobody can be told, and where its agent hangs', async () => {
    await core.cut();
    await typed(router, 'kato node halt');
    await core.heal();
    await typed(router, 'kato node boot');
    await settled(core);
    await typed(router, 's6-svc -p /var/lib/kato/service/agent');
    await typed(router, 'timeout 55 kato node halt');
    await typed(router, 'kato node boot');
    await settled(core);
  });

  it('is heard again when its halt was given up', async () => {
    await typed(router, 'touch /run/kato/halting');
    await statusWhen(core, 'it left', ({ nodes }) =>
      nodes.some(({ name, state }) => name === router.name && state === 'left'),
    );
    await until(async () => !(await sends(router)), { what: 'it is out', seconds: 10 });
    await typed(router, 'kato node boot');
    await until(() => sends(router), { what: 'it is in again', seconds: 10 });
  });

  /** While its node waits for a balancer that does not follow. */
  const LOST: Record<string, () => Promise<unknown>> = {
    'the agent that waits': () => typed(router, 's6-svc -k /var/lib/kato/service/agent'),
    'the controller': () => kill(core, 'controller'),
    'the bus': () => kill(core, 'nats-server'),
    'the balancer': () => balancer.powerOff(),
    'the power of the node itself': () => router.powerOff(),
  };
  for (const [what, lose] of Object.entries(LOST)) {
    it(`stops all the same where ${what} is lost meanwhile`, async () => {
      await typed(balancer, 's6-svc -p /var/lib/kato/service/agent');
      const stopping = type(core, `kato stop -n ${router.name} router`);
      await statusWhen(core, 'it is to stop', ({ nodes }) =>
        nodes.some(({ roles }) => roles.some(({ stoppedBy }) => stoppedBy !== undefined)),
      );
      await lose();
      for (const host of [balancer, router]) if (!host.isOn) await host.powerOn();
      await type(balancer, 's6-svc -c /var/lib/kato/service/agent');
      const up = 's6-svstat -o up /var/lib/kato/service/router';
      await until(async () => (await typed(router, up)).trim() === 'false', {
        what: 'it is down',
        seconds: 30,
      });
      await stopping;
      await settled(core);
      assert.equal(await sends(router), false);
      await typed(core, `kato start -n ${router.name} router`);
      await settled(core);
      await until(() => sends(router), { what: 'it is in again', seconds: 20 });
    });
  }
});
