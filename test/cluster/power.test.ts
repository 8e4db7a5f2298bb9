import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  clusterOf,
  hastenDeath,
  isSettled,
  nodeOn,
  settled,
  statusOf,
  statusWhen,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { AWAY } from '../support/memory.ts';
import { pidOf, restarted, runningOn } from '../support/running.ts';
import { startBackend } from '../support/traffic/on-hosts.ts';
import { until } from '../support/until.ts';

const SHOP = 'shop.example.com';
const WRITES = 15;
const SECONDS = 20;

describe('when the power fails', () => {
  const lab = useLab({ hosts: 5 });
  let core: Host;
  let router: Host;
  let balancer: Host;
  let data: Host;
  /** A machine outside of the cluster: the users, and what they want. */
  let outside: Host;

  before(async () => {
    [core, router, balancer, data, outside] = lab.hosts as [Host, Host, Host, Host, Host];
    await clusterOf(core, [
      [router, 'router'],
      [balancer, 'router'],
      [data, 'data-services'],
    ]);
    await hastenDeath(core);
    await balancer.kato('node', 'setup', 'load_balancer');
    const { address } = await startBackend(outside, 'shop', 8000);
    await core.kato('route', 'add', SHOP, address);
    await settled(core);
  });

  /** `200`, or what went wrong and when. */
  const get = async (target: Host): Promise<string> => {
    const show = '-sS -m 5 -o /dev/null -w "%{http_code}"';
    const line = `curl ${show} -H 'Host: ${SHOP}' http://${target.address}/`;
    const { stdout, stderr } = await type(outside, line);
    return stdout + stderr;
  };
  const serves = (target: Host) =>
    until(async () => (await get(target)) === '200', {
      what: `${target.name} leads to the shop`,
      seconds: SECONDS,
    });
  const secret = async (role: string): Promise<string> =>
    (await typed(core, `kato role info --secret ${role} -n ${data.name}`)).trim();
  const members = ({ pools }: Status) =>
    pools.find(({ kind }) => kind === 'routers')!.members.map((member) => Object.values(member));

  it('a data node under writes has all that it acknowledged when it is back', async () => {
    const env = {
      REDISCLI_AUTH: await secret('redis'),
      PGPASSWORD: await secret('postgresql'),
      PGOPTIONS: '-c client_min_messages=error',
    };
    const redis = `timeout 5 redis-cli -h ${data.address}`;
    const psql = `timeout 5 psql -h ${data.address} -U postgres -Atqc`;
    await typed(outside, `${psql} 'create table written (n int)'`, { env });
    const counting = (write: string): string[] => [
      'sh',
      '-c',
      `n=1; while ${write}; do echo "$n"; n=$((n + 1)); done`,
    ];
    const writers = [
      outside.spawn(counting(`${redis} set written "$n" | grep -q OK`), { env }),
      outside.spawn(counting(`${psql} "insert into written values ($n)"`), { env }),
    ];
    const acknowledged = () => writers.map(({ stdout }) => stdout.split('\n').length - 1);
    await until(() => acknowledged().every((count) => count >= WRITES), {
      what: 'both databases are being written to',
      seconds: SECONDS,
    });
    await data.powerOff();
    await Promise.all(writers.map((writer) => writer.result));

    await data.powerOn();
    await settled(core);
    const kept = [
      await typed(outside, `${redis} get written`, { env }),
      await typed(outside, `${psql} 'select count(*) from written'`, { env }),
    ].map(Number);
    acknowledged().forEach((count, i) => {
      assert.ok(kept[i]! >= count, `${kept[i]} of ${count} acknowledged writes are there`);
    });
  });

  it('a router is taken out of the pool, and is in it again when it is back', async () => {
    await router.powerOff();
    const without = await statusWhen(
      core,
      'the pool has one router less',
      (status) => members(status).some(([, state]) => state === 'out'),
      SECONDS,
    );
    assert.deepEqual(members(without), [
      [`${core.address}:80`, 'in'],
      [`${router.address}:80`, 'out'],
    ]);
    assert.equal(await get(balancer), '200');
    await router.powerOn();
    await serves(router);
    await settled(core);
    // Controllers have to hear from it that it serves.
    await statusWhen(
      core,
      'it is in the pool again',
      (status) => isSettled(status) && members(status).every(([, state]) => state === 'in'),
      SECONDS,
    );
  });

  it('the load balancer serves again as soon as it is back', async () => {
    await balancer.powerOff();
    await balancer.powerOn();
    await serves(balancer);
    await settled(core);
    // It booted with the pool of a moment ago, and has to hear of the router that came back since.
    const config = '/var/lib/kato/config/load_balancer/current/nginx.conf';
    await until(
      async () => (await balancer.read(config)).includes(`server ${router.address}:80 max_fails=3`),
      {
        what: 'the load balancer uses the router again',
        seconds: SECONDS,
      },
    );
  });

  it('the core is missed by nobody who uses the cluster, and takes it over again', async () => {
    const before = await runningOn([router, balancer, data]);
    await core.powerOff();
    await until(async () => (await type(router, 'kato status')).exitCode === AWAY, {
      what: 'the core is missed',
      seconds: SECONDS,
    });
    assert.equal(await get(balancer), '200');
    assert.equal(await get(router), '200');
    await core.powerOn();
    await settled(core);
    assert.deepEqual(restarted(before, await runningOn([router, balancer, data])), []);
  });

  it('all at once: every node serves from its ledger before the core is there', async () => {
    await typed(core, `kato stop -n ${data.name} memcached`);
    await typed(core, `kato process stop -n ${data.name} redis`);
    const env = { REDISCLI_AUTH: await secret('redis') };
    const machines = [core, router, balancer, data];
    await Promise.all(machines.map((host) => host.powerOff()));

    await Promise.all(machines.slice(1).map((host) => host.powerOn()));
    await serves(router);
    await serves(balancer);
    await until(
      async () => {
        const line = `redis-cli -h ${data.address} get written`;
        return Number(await typed(outside, line, { env })) >= WRITES;
      },
      { what: 'what was held until the next boot runs again', seconds: SECONDS },
    );

    await core.powerOn();
    const status = await settled(core);
    const memcached = (await nodeOn(data, core)).roles.find(({ name }) => name === 'memcached')!;
    assert.deepEqual([memcached.state, memcached.stoppedBy], ['stopped', core.name]);
    assert.ok((await pidOf(data, 'memcached')) < 0, 'what a person stopped stays down');
    assert.ok(members(status).every(([, state]) => state === 'in'));
  });

  it('a node that is shut down in order is left out at once, and is back after its boot', async () => {
    const before = await statusOf(core);
    await router.kato('node', 'halt');
    const left = await statusWhen(core, 'the router has left', ({ nodes }) =>
      nodes.some(({ state }) => state === 'left'),
    );
    assert.equal(left.nodes.find(({ state }) => state === 'left')!.address, router.address);
    const pooled = await statusWhen(core, 'the pool has one router less', (status) =>
      members(status).every(([address]) => address !== `${router.address}:80`),
    );
    assert.ok(!pooled.nodes.some(({ state }) => state === 'dead'));
    assert.equal(await get(balancer), '200');
    await router.kato('node', 'boot');
    const status = await statusWhen(
      core,
      'the router is back',
      (now) => isSettled(now) && String(members(now)) === String(members(before)),
    );
    assert.ok(status.nodes.every(({ state }) => state === 'active'));
  });

  it('the core that lost power and is now shut down in order has the state of before', async () => {
    const before = await statusOf(core);
    await core.kato('node', 'halt');
    assert.equal(await get(balancer), '200');
    await core.kato('node', 'boot');
    const { cluster } = await settled(core);
    assert.deepEqual(cluster, before.cluster);
    const line = `redis-cli -h ${data.address} get written`;
    const env = { REDISCLI_AUTH: await secret('redis') };
    assert.ok(Number(await typed(outside, line, { env })) >= WRITES);
  });
});
