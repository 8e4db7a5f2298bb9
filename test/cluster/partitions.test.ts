import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  clusterOf,
  hastenDeath,
  settled,
  statusOf,
  statusWhen,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { AWAY, agedBy, remembered } from '../support/memory.ts';
import { pidOf, restarted, runningOn } from '../support/running.ts';
import { startBackend, startLoad } from '../support/traffic/on-hosts.ts';

const SHOP = 'shop.example.com';
const SECONDS = 20;
/** Longer than considerDead, which `hastenDeath` sets to 3. */
const LONG_SECONDS = 5;
/** In which a change lands once the bus is back. */
const LANDS_MS = 2000;

describe('when the network or the bus fails', () => {
  const lab = useLab({ hosts: 4 });
  let core: Host;
  let near: Host;
  let far: Host;
  let outside: Host;

  before(async () => {
    [core, near, far, outside] = lab.hosts as [Host, Host, Host, Host];
    await clusterOf(core, [
      [near, 'router'],
      [far, 'router'],
    ]);
    await hastenDeath(core);
    const { address } = await startBackend(outside, 'shop', 8000);
    await core.kato('route', 'add', SHOP, address);
    await settled(core);
  });

  const running = () => runningOn([core, near, far]);
  const stateOf = (status: Status, host: Host) =>
    status.nodes.find(({ address }) => address === host.address)!.state;
  const out = ({ pools }: Status): string[] =>
    pools
      .find(({ kind }) => kind === 'routers')!
      .members.filter(({ state }) => state === 'out')
      .map(({ address }) => address);
  const warns = ({ warnings }: Status, code: string) => warnings.some((one) => one.code === code);

  for (const silent of [false, true]) {
    const how = silent ? 'whose packets vanish' : 'whose cable is cut';
    it(`a node ${how} is dead to the others, goes on, and is taken back`, async () => {
      const before = await running();
      await far.cut({ silent });
      await statusWhen(
        core,
        'the node is dead and out of the pool',
        (status) => stateOf(status, far) === 'dead' && out(status).length > 0,
        SECONDS,
      );
      assert.deepEqual(out(await statusOf(core)), [`${far.address}:80`]);
      assert.equal((await type(far, 'kato status')).exitCode, AWAY);
      await far.heal();
      const healed = await settled(core);
      assert.deepEqual(out(healed), []);
      assert.deepEqual(restarted(before, await running()), []);
    });
  }

  it('the pool never loses more than half of its members to silence', async () => {
    await Promise.all([near.cut(), far.cut({ silent: true })]);
    const status = await statusWhen(
      core,
      'both nodes are dead',
      (now) => [near, far].every((host) => stateOf(now, host) === 'dead'),
      SECONDS,
    );
    assert.equal(out(status).length, 1);
    assert.ok(warns(status, 'POOL_BRAKE'));
    await Promise.all([near.heal(), far.heal()]);
    assert.deepEqual(out(await settled(core)), []);
  });

  const losses: [string, () => Promise<void>, () => Promise<void>][] = [
    ['stopped', () => service('-wD -T 10000 -d'), () => service('-u')],
    ['frozen', () => core.freeze('nats-server'), () => core.thaw('nats-server')],
  ];
  const service = async (letters: string): Promise<void> => {
    await core.run(['s6-svc', ...letters.split(' '), '/var/lib/kato/service/nats-server']);
  };
  for (const [what, lose, giveBack] of losses) {
    it(`the bus is ${what}: users notice nothing, and nobody is dead afterwards`, async () => {
      const before = await running();
      await statusOf(near);
      const load = await startLoad(outside, { target: near.address, host: SHOP, perSecond: 50 });
      await lose();
      await agedBy(near, LONG_SECONDS);
      await giveBack();
      const seen: Status[] = [];
      await statusWhen(core, 'the bus is back', (status) => {
        seen.push(status);
        return status.nodes.every(({ state, lastSeen }) => state === 'active' && lastSeen === 0);
      });
      for (const status of seen) {
        assert.deepEqual(out(status), []);
        assert.ok(!status.nodes.some(({ state }) => state === 'dead'));
      }
      const route = `kato route add ${what}.example.com ${outside.address}:8000`;
      await typed(core, route, { timeoutMs: LANDS_MS });
      const { failures, requests } = await load.end();
      assert.deepEqual(failures, {});
      assert.ok(requests > 0);
      const changed = restarted(before, await running());
      assert.deepEqual(changed, what === 'stopped' ? ['h1 nats-server'] : []);
    });
  }

  it('no controller answers: the status tells what the node knew, and how old that is', async () => {
    await core.kato('role', 'add', '-n', near.name, '--no-start', 'redis');
    await statusOf(near);
    const controller = await pidOf(core, 'controller');
    await core.freeze(controller);
    const status = await remembered(near);
    assert.ok(warns(status, 'CONTROLLER_AWAY'));
    assert.equal(status.nodes.length, 3);
    assert.equal(stateOf(status, near), 'active');
    const redis = status.nodes
      .find(({ self }) => self)!
      .roles.find(({ name }) => name === 'redis')!;
    assert.deepEqual([redis.state, redis.stoppedBy], ['stopped', core.name]);
    await agedBy(near, LONG_SECONDS);
    await core.thaw(controller);
    assert.deepEqual(out(await settled(core)), []);
  });
});
