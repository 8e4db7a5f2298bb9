import assert from 'node:assert/strict';
import { CHANGE_PHASES } from '../../src/cli/framework/change-command.ts';
import { SETUP_CORE_PHASES } from '../../src/operations/local/setup-core.ts';
import {
  asJson,
  assertClean,
  attach,
  clusterOf,
  coreOn,
  nodeOn,
  refused,
  rolesOf,
  settled,
  type,
  typed,
} from '../support/cluster.ts';
import { interrupted, killAfter, type Line, SIGNALS } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

const EXPORT = '/root/cluster.kato';
const env = { KATO_PASSPHRASE: 'correct horse battery' };
const DETACH = 'kato node detach';

describe('the end of a cluster, killed in the middle', () => {
  const lab = useLab({ hosts: 1 });
  needsMachines(lab);
  const core = () => lab.host(1);
  /** Each of its moves is one rename: services, configurations, the bus with its mark, the state. */
  const MOVES = 5;

  const killed = async (renames: number): Promise<void> => {
    await coreOn(core());
    await core().write('/root/hook.mjs', killAfter(renames));
    const hooked = { NODE_OPTIONS: '--import /root/hook.mjs' };
    const { exitCode, stderr } = await type(core(), `${DETACH} --yes`, { env: hooked });
    assert.equal(exitCode, SIGNALS.SIGKILL, stderr);
  };
  const places = async () =>
    (await typed(core(), 'ls -d /var/lib/kato/aside/*/')).trim().split('\n');

  for (const renames of [1, 3, MOVES]) {
    it(`after ${renames} of ${MOVES} moves, ends as undisturbed when it is run again`, async () => {
      await killed(renames);
      await typed(core(), DETACH);
      await assertClean(core());
      const [place, ...others] = await places();
      assert.deepEqual(others, []);
      await typed(core(), `cd ${place} && ls state/identity.json data/nats-server service config`);
      await typed(core(), 'rm -rf /var/lib/kato/aside');
    });
  }

  it('at its very end, makes nobody end the next one without being asked', async () => {
    await killed(MOVES);
    await coreOn(core());
    const unasked = await refused(core(), DETACH);
    assert.deepEqual(
      [unasked.code, unasked.why],
      ['USAGE', 'there is no terminal to confirm it on'],
    );
    await settled(core());
    await typed(core(), `${DETACH} --yes`);
    assert.equal((await places()).length, 2);
  });
});

describe('what takes away or replaces, killed as a phase begins, or done twice at once', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  let core: Host;
  let router: Host;
  let data: Host;

  before('a cluster with a route, and its export', async () => {
    [core, router, data] = lab.hosts as [Host, Host, Host];
    await clusterOf(core, [
      [router, 'router'],
      [data, 'redis'],
    ]);
    await typed(core, `kato route add shop.example.com ${data.address}:8080`);
    await settled(core);
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
  });

  const routes = async (): Promise<string[]> => {
    const list = await asJson<{ route: string }[]>(core, 'kato route list');
    return list.map(({ route }) => route);
  };
  const line = (words: string): Line => ({ argv: words.split(' '), env });
  /** All is as in the export, and nobody was lost. */
  const assertRestored = async (): Promise<void> => {
    const { nodes } = await settled(core);
    assert.deepEqual(nodes.map(rolesOf), [
      ['base', 'controller', 'primary', 'router'],
      ['base', 'router'],
      ['base', 'redis'],
    ]);
    assert.deepEqual(await routes(), ['shop.example.com']);
    await typed(data, 'ls /var/lib/kato/data/redis/appendonlydir');
  };
  const both = (host: Host, words: string) =>
    Promise.all([1, 2].map(() => type(host, words, { env })));
  const left = () =>
    until(() => assertClean(data).then(() => true), { what: 'the node has left', seconds: 30 });

  for (const phase of ['ask', 'leave']) {
    it(`a node that detaches, at the start of '${phase}': it has left, its data stays`, async () => {
      for (const signal of Object.keys(SIGNALS)) {
        await interrupted(data, phase, signal, line(DETACH));
        // It may be gone by now, for the cluster was asked.
        const again = await type(data, `${DETACH} --json`);
        if (again.exitCode !== 0) assert.match(again.stdout, /"NOT_SET_UP"/);
        await left();
        await attach(data, core, 'redis');
        await assertRestored();
      }
    });
  }

  it('a node that detaches twice at once has left once, and its data stays', async () => {
    const results = await both(data, `${DETACH} --json`);
    const failed = results.filter(({ exitCode }) => exitCode !== 0);
    assert.ok(failed.length < 2, failed.map(({ stdout }) => stdout).join());
    for (const { stdout } of failed) assert.match(stdout, /"NOT_SET_UP"/);
    await left();
    await attach(data, core, 'redis');
    await assertRestored();
    await typed(core, `kato data export --cluster ${EXPORT}`, { env });
  });

  for (const { name } of CHANGE_PHASES) {
    it(`an import, at the start of '${name}', ends as undisturbed when it is run again`, async () => {
      for (const signal of Object.keys(SIGNALS)) {
        await typed(core, `kato route add more.example.com ${data.address}:8080`);
        const importing = `kato data import ${EXPORT}`;
        await interrupted(core, name, signal, line(importing));
        await typed(core, importing, { env });
        await assertRestored();
      }
    });
  }

  it('two imports at once end as one', async () => {
    await typed(core, `kato route add more.example.com ${data.address}:8080`);
    for (const { exitCode, stderr } of await both(core, `kato data import ${EXPORT}`))
      assert.equal(exitCode, 0, stderr);
    await assertRestored();
  });

  const recovering = `kato node setup core --recover-from ${EXPORT}`;
  for (const { name } of SETUP_CORE_PHASES) {
    it(`a recovery, at the start of '${name}', ends as undisturbed when it is run again`, async () => {
      await typed(core, `kato route add more.example.com ${data.address}:8080`);
      for (const signal of Object.keys(SIGNALS))
        await interrupted(core, name, signal, line(recovering));
      await typed(core, recovering, { env });
      await assertRestored();
      assert.equal((await nodeOn(router, core)).state, 'active');
    });
  }

  it('two recoveries at once end as one', async () => {
    await typed(core, `kato route add more.example.com ${data.address}:8080`);
    for (const { exitCode, stderr } of await both(core, recovering))
      assert.equal(exitCode, 0, stderr);
    await assertRestored();
  });
});
