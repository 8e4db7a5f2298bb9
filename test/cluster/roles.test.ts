import assert from 'node:assert/strict';
import {
  asJson,
  clusterOf,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusOf,
  type,
  typed,
} from '../support/cluster.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

interface Listed {
  processes: Record<string, { state: string }>;
}

const HELD = 'nobody would serve it: it is also on h3 (held)';

describe('roles of a running cluster', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);
  const core = () => host(1);
  const rolesAt = async (number: number) => rolesOf(await nodeOn(host(number), core()));
  const roleAt = async (number: number, name: string) =>
    (await nodeOn(host(number), core())).roles.find((role) => role.name === name)!;
  const processAt = async (number: number, name: string) =>
    (await nodeOn(host(number), core())).roles
      .flatMap((role) => role.processes)
      .find((process) => process.name === name)!;

  before('a core and two nodes', async () => {
    await clusterOf(core(), [
      [host(2), ''],
      [host(3), 'router'],
    ]);
    await settled(core());
  });

  it('are given to this node, and from the core to another, and show the steps', async () => {
    const { stdout, stderr } = await type(host(2), 'kato role add redis');
    assert.match(stdout, /redis/);
    assert.match(stderr, /start redis \.\.\. ok/);
    assert.equal((await roleAt(2, 'redis')).state, 'running');
    assert.match(await typed(host(2), 'kato role add redis'), /^already/);
    await typed(core(), 'kato role add -n h2 memcached');
    assert.deepEqual(await rolesAt(2), ['base', 'memcached', 'redis']);
  });

  it('of another node are no business of a plain node', async () => {
    const lines = [
      'kato role add -n h3 redis',
      'kato role remove -n h3 router',
      'kato stop -n h3 router',
      'kato process stop -n h3 router',
      'kato config set redis port 7000',
      // Nor is one that holds the secrets of all.
      'kato role add controller',
    ];
    for (const line of lines) {
      const { code, exitCode } = await refused(host(2), line);
      assert.deepEqual([code, exitCode], ['NOT_ALLOWED', 7], line);
    }
    assert.deepEqual(await rolesAt(3), ['base', 'router']);
  });

  it('are taken: the process stops, its data stays until somebody has it deleted', async () => {
    const env = {
      REDISCLI_AUTH: (await typed(core(), 'kato role info --secret redis -n h2')).trim(),
    };
    const redis = `redis-cli -h ${host(2).address} --no-auth-warning`;
    await typed(host(2), `${redis} set kept yes`, { env });
    await typed(host(2), 'kato role remove redis');
    assert.deepEqual(await rolesAt(2), ['base', 'memcached']);
    assert.notEqual((await type(host(2), 'pgrep redis-server')).exitCode, 0);
    await typed(host(2), 'kato role add redis');
    assert.equal(await typed(host(2), `${redis} get kept`, { env }), 'yes\n');
    const unasked = await refused(host(2), 'kato role remove redis --purge-data');
    assert.deepEqual([unasked.code, unasked.exitCode], ['USAGE', 2]);
    assert.match(unasked.next!, /--yes/);
    await typed(host(2), 'kato role remove redis --purge-data --yes');
    assert.notEqual((await type(host(2), 'ls /var/lib/kato/data/redis')).exitCode, 0);
    await typed(host(2), 'kato role add redis');
    assert.equal(await typed(host(2), `${redis} get kept`, { env }), '\n');
  });

  it('are given and taken in crowds: --all, --all-but, --only, a group', async () => {
    await typed(host(2), 'kato role remove --all-but redis');
    assert.deepEqual(await rolesAt(2), ['base', 'redis']);
    await typed(host(2), 'kato role add --all-but router postgresql');
    assert.deepEqual(await rolesAt(2), ['base', 'memcached', 'redis']);
    await typed(core(), 'kato role add -n h2 --all-but router postgresql');
    assert.deepEqual(await rolesAt(2), ['base', 'controller', 'memcached', 'redis']);
    await typed(core(), 'kato role add -n h2 --only data-services');
    assert.deepEqual(await rolesAt(2), ['base', 'memcached', 'postgresql', 'redis']);
    await typed(core(), 'kato role remove -n h2 --all');
    assert.deepEqual(await rolesAt(2), ['base']);
  });

  it('are given stopped with --no-start, and started later', async () => {
    const said = await typed(host(2), 'kato role add --no-start redis memcached');
    const [, start] = /^stopped; (kato start .+) starts what is new$/m.exec(said)!;
    assert.equal((await roleAt(2, 'redis')).state, 'stopped');
    assert.equal((await processAt(2, 'redis')).state, 'STOPPED');
    await typed(host(2), start!);
    assert.equal((await processAt(2, 'redis')).state, 'RUNNING');
    assert.equal((await processAt(2, 'memcached')).state, 'RUNNING');
    await settled(core());
  });

  it('are stopped by somebody, which status tells, and stay so over a reboot', async () => {
    await typed(core(), 'kato stop -n h2 redis');
    assert.match(await typed(host(2), 'kato stop redis'), /^already/);
    const stopped = await roleAt(2, 'redis');
    assert.deepEqual([stopped.state, stopped.stoppedBy], ['stopped', 'h1']);
    await host(2).powerOff();
    await host(2).powerOn();
    await settled(core());
    assert.equal((await processAt(2, 'redis')).state, 'STOPPED');
    assert.match(await typed(core(), 'kato status'), /stopped by h1/);
    await typed(host(2), 'kato start redis');
    assert.equal((await roleAt(2, 'redis')).state, 'running');
  });

  it('have processes that are held until the next boot', async () => {
    await typed(host(2), 'kato process stop redis');
    const [{ processes }] = await asJson<[Listed]>(host(2), 'kato process list');
    assert.deepEqual([processes.memcached?.state, processes.redis?.state], ['RUNNING', 'STOPPED']);
    assert.match(await typed(core(), 'kato process list -n h2'), /held/);
    await host(2).powerOff();
    await host(2).powerOn();
    await settled(core());
    assert.equal((await processAt(2, 'redis')).state, 'RUNNING');
  });

  it('have processes that are restarted, and those alone', async () => {
    const before = await Promise.all(['redis', 'memcached'].map((name) => processAt(2, name)));
    await typed(core(), 'kato process restart -n h2 redis');
    const after = await Promise.all(['redis', 'memcached'].map((name) => processAt(2, name)));
    assert.notEqual(after[0]!.pid, before[0]!.pid);
    assert.deepEqual(after[1], before[1]);
  });

  it('are waited for by process ready, and no longer than asked', async () => {
    await typed(host(2), 'kato process ready --block 10 all');
    await typed(core(), 'kato process stop -n h2 redis');
    const late = await refused(host(2), 'kato process ready --block 1 redis');
    assert.deepEqual([late.code, late.exitCode], ['TIMEOUT', 6]);
    await typed(core(), 'kato stop -n h2 memcached');
    const { exitCode, stdout, stderr } = await type(host(2), 'kato process ready all');
    assert.deepEqual([exitCode, stdout], [0, 'READY\n']);
    assert.equal(stderr, 'note: memcached is stopped by h1\nnote: redis is held\n');
    await typed(core(), 'kato start -n h2 memcached && kato process start -n h2 redis');
    await typed(core(), 'kato process ready -n h2 --block 10 redis');
  });

  it('let the router leave the core, while another node has it', async () => {
    await typed(core(), 'kato role remove router');
    assert.deepEqual(await rolesAt(1), ['base', 'controller', 'primary']);
    const last = await refused(core(), 'kato role remove -n h3 router');
    assert.deepEqual([last.code, last.exitCode], ['ROLE_NEEDED', 4]);
    await typed(core(), 'kato role add router');
  });

  it('are not taken from the last that serves, while the other is held', async () => {
    await typed(core(), 'kato process stop -n h3 router');
    for (const line of ['role remove router', 'stop router', 'process stop router']) {
      const { code, why } = await refused(core(), `kato ${line}`);
      assert.deepEqual([code, why], ['ROLE_NEEDED', HELD], line);
    }
    assert.match(await typed(core(), 'kato stop --force router'), /^h1: router stopped/);
    assert.match(await typed(core(), 'kato start router'), /^h1: router started/);
    await typed(core(), 'kato process start -n h3 router');
    await typed(core(), 'kato stop router && kato start router');
  });

  it('are given to one node by two admins at once, and both land', async () => {
    await typed(core(), 'kato role remove -n h3 --all-but router');
    await Promise.all(
      ['redis', 'memcached'].map((role) => typed(core(), `kato role add -n h3 ${role}`)),
    );
    assert.deepEqual(await rolesAt(3), ['base', 'memcached', 'redis', 'router']);
    await settled(core());
    assert.deepEqual((await statusOf(core())).warnings, []);
  });

  it('that fail are told with the step and the reason, and do not hold others up', async () => {
    const listener = await foreignProgram(5432);
    const taken = await refused(core(), 'kato role add -n h3 postgresql');
    assert.deepEqual([taken.code, taken.exitCode], ['PORT_TAKEN', 4]);
    const node = await nodeOn(host(3), core());
    assert.equal(node.error?.code, 'PORT_TAKEN');
    assert.equal((await roleAt(3, 'postgresql')).state, 'failed');
    assert.equal((await roleAt(3, 'redis')).state, 'running');
    await listener.kill();
    await settled(core());
  });

  it('that fail elsewhere are not taken from the last that serves', async () => {
    const listener = await foreignProgram(9080);
    const taken = await refused(core(), 'kato role add -n h3 controller');
    assert.equal(taken.code, 'PORT_TAKEN');
    for (const line of ['role remove --force controller', 'stop controller']) {
      assert.equal((await refused(core(), `kato ${line}`)).code, 'ROLE_NEEDED', line);
    }
    const { why } = await refused(core(), 'kato process stop controller');
    assert.equal(why, 'nobody would serve it: it is also on h3 (failed)');
    await typed(core(), 'kato role remove -n h3 controller');
    await listener.kill();
    await settled(core());
  });

  /** Something on h3 that is not kato's, and listens already. */
  async function foreignProgram(port: number) {
    const listener = host(3).spawn([
      process.execPath,
      '-e',
      `require('node:net').createServer().listen(${port}, '0.0.0.0', () => console.log('up'))`,
    ]);
    await until(() => listener.stdout === 'up\n', { what: 'it listens', seconds: 5 });
    return listener;
  }
});
