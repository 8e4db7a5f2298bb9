import assert from 'node:assert/strict';
import type { NodeProcesses } from '../../src/operations/roles.ts';
import {
  asJson,
  clusterOf,
  hastenDeath,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { install, pull } from '../support/release/installed.ts';
import { kill, pidOf } from '../support/running.ts';
import { until } from '../support/until.ts';

/** What `docs/guide` says, and no other test shows. */
describe('the guide', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  let core: Host;
  let data: Host;
  let third: Host;

  before(async () => {
    [core, data, third] = lab.hosts as [Host, Host, Host];
    await clusterOf(core, [[data, 'redis,postgresql']]);
    await hastenDeath(core);
    await settled(core);
  });

  it('a process that runs while its folder goes away is not stopped', async () => {
    const secret = (await typed(core, `kato role info --secret redis -n ${data.name}`)).trim();
    const redis = async (words: string): Promise<string> => {
      const line = `redis-cli -h ${data.address} ${words}`;
      return (await typed(core, line, { env: { REDISCLI_AUTH: secret } })).trim();
    };
    await redis('set k kept');
    const pid = await pidOf(data, 'redis');
    await typed(data, 'cd /var/lib/kato/data && mv redis away');
    // Whatever becomes of the rest, the node has looked at everything.
    await type(core, `kato role add -n ${data.name} memcached`);
    assert.equal(await pidOf(data, 'redis'), pid);
    assert.equal(await redis('get k'), 'kept');
    await typed(data, 'cd /var/lib/kato/data && test ! -e redis && mv away redis');
    await settled(core);
    assert.equal(await pidOf(data, 'redis'), pid);
    await typed(core, `kato role remove -n ${data.name} memcached`);
  });

  it('a process that dies is started again also while the agent and the core are away', async () => {
    await typed(core, 'kato node halt');
    await typed(data, 's6-svc -wD -T 10000 -d /var/lib/kato/service/agent');
    const pid = await pidOf(data, 'redis');
    await kill(data, 'redis');
    await until(async () => ![-1, 0, pid].includes(await pidOf(data, 'redis')), {
      what: 'redis is another process',
      seconds: 10,
    });
    await typed(data, 's6-svc -u /var/lib/kato/service/agent');
    await typed(core, 'kato node boot');
    await settled(core);
  });

  it('a node that is away follows a change when it is back', async () => {
    await data.powerOff();
    await statusWhen(core, 'h2 is dead', ({ nodes }) => nodes[1]!.state === 'dead');
    const told = await refused(core, `kato role add -n ${data.name} memcached`);
    assert.deepEqual([told.code, told.why], ['NODE_UNREACHABLE', 'it will follow when it is back']);
    await data.powerOn();
    await statusWhen(core, 'h2 has followed', ({ nodes }) =>
      nodes[1]!.roles.some(({ name, state }) => name === 'memcached' && state === 'running'),
    );
    assert.deepEqual(rolesOf(await nodeOn(data, core)), [
      'base',
      'memcached',
      'postgresql',
      'redis',
    ]);
  });

  it('data services listen at the address of their node and at 127.0.0.1', async () => {
    for (const port of [5432, 6379, 11211]) {
      for (const address of [data.address, '127.0.0.1']) {
        await typed(data, `bash -c '</dev/tcp/${address}/${port}'`);
      }
    }
  });

  it('a process that is held right after a boot of its node is held', async () => {
    await typed(data, 'kato node halt && kato node boot && kato process stop memcached');
    const [held] = await asJson<NodeProcesses[]>(core, `kato process list -n ${data.name}`);
    assert.deepEqual(held!.processes.memcached!.state, 'STOPPED');
    await typed(data, 'kato process start memcached');
    await settled(core);
  });

  it('the bus and the last controller are held by force alone, until the core is booted', async () => {
    for (const process of ['nats-server', 'controller']) {
      const line = `kato process stop ${process}`;
      assert.equal((await refused(core, line)).code, 'ROLE_NEEDED', line);
      await typed(core, `${line} --force`);
      const away = await until(
        async () => {
          const route = 'kato route add --no-wait a.example.com 10.9.9.9:1';
          const { exitCode, code } = await refused(core, route);
          return exitCode === 5 ? code : null;
        },
        { what: 'no command reaches the cluster', seconds: 20 },
      );
      assert.ok(['BUS_AWAY', 'CONTROLLER_AWAY'].includes(away), away);
      await typed(core, 'kato node halt && kato node boot');
      await settled(core);
    }
  });

  it('a machine with kato 0.1.0 joins after it has been upgraded, and not before', async () => {
    await install(third, '0.1.0');
    const attach = `kato node attach ${core.address}`;
    const env = { KATO_TOKEN: await tokenFrom(core) };
    for (const line of [attach, `${attach} --force`]) {
      const { exitCode, stderr } = await type(third, line, { env });
      assert.deepEqual([exitCode, /^==> join/m.test(stderr)], [7, true], stderr);
    }
    await pull(third);
    await typed(third, attach, { env });
  });
});
