import assert from 'node:assert/strict';
import {
  attach,
  ENDPOINT,
  refused,
  rolesOf,
  settled,
  statusOf,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import { interrupted } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { runningOn } from '../support/running.ts';
import { until } from '../support/until.ts';

const LOCK = '/run/kato/locks/command.lock';
const SETUP = `kato node setup core ${ENDPOINT}`;

describe('commands that make or unmake one node at the same time', () => {
  const lab = useLab({ hosts: 3 });
  let core: Host;
  let other: Host;
  let node: Host;
  before(() => {
    [core, other, node] = lab.hosts as [Host, Host, Host];
  });

  const both = (host: Host, ...lines: string[]) =>
    Promise.all(lines.map((line) => type(host, line)));

  it('two set up one core: the second waits, says for whom, and finds it done', async () => {
    const results = await both(core, SETUP, SETUP);
    for (const { exitCode, stderr } of results) assert.equal(exitCode, 0, stderr);
    const waited = results.filter(({ stderr }) =>
      /^waiting for kato node setup core \(pid \d+\) to end$/m.test(stderr),
    );
    assert.equal(waited.length, 1);
    assert.equal(results.filter(({ stdout }) => /already/.test(stdout)).length, 1);
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 1);
  });

  it('the second goes on where the first was killed', async () => {
    const first = interrupted(other, 'state', 'SIGKILL', { argv: SETUP.split(' ') });
    await until(async () => (await type(other, `test -s ${LOCK}`)).exitCode === 0, {
      what: 'the first is at work',
      seconds: 20,
    });
    const [, second] = await Promise.all([first, type(other, SETUP)]);
    assert.equal(second.exitCode, 0, second.stderr);
    const { nodes } = await settled(other);
    assert.equal(nodes.length, 1);
    await typed(other, 'kato node detach --yes');
  });

  it('two attach one machine: it is one node, with the roles of both', async () => {
    const token = await tokenFrom(core);
    const line = (role: string) =>
      `KATO_TOKEN=${token} kato node attach -e ${role} ${core.address}`;
    const results = await both(node, line('redis'), line('memcached'));
    for (const { exitCode, stderr } of results) assert.equal(exitCode, 0, stderr);
    const { nodes } = await settled(core);
    assert.equal(nodes.length, 2);
    assert.deepEqual(rolesOf(nodes[1]!), ['base', 'memcached', 'redis']);
  });

  it('a halt and a boot come one after the other', async () => {
    for (let times = 0; times < 3; times++) {
      const results = await both(node, 'kato node halt', 'kato node boot');
      for (const { exitCode, stderr } of results) assert.equal(exitCode, 0, stderr);
    }
    await typed(node, 'kato node boot');
    await settled(core);
    const running = Object.keys(await runningOn([node]));
    assert.deepEqual(
      running.sort(),
      ['agent', 'memcached', 'redis'].map((name) => `h3 ${name}`),
    );
  });

  it('wrong words wait for nobody', async () => {
    const holder = node.spawn(['flock', '-F', LOCK, 'sleep', '30']);
    assert.equal((await refused(node, 'kato node boot --x')).code, 'USAGE');
    await holder.kill();
    await holder.result.catch(() => undefined);
    await attach(other, core);
    assert.equal((await statusOf(core)).nodes.length, 3);
  });
});
