import assert from 'node:assert/strict';
import { CHANGE_PHASES } from '../../src/cli/change-command.ts';
import { settlePhase } from '../../src/cli/settle.ts';
import { ATTACH_PHASES } from '../../src/operations/local/attach.ts';
import { SETUP_CORE_PHASES } from '../../src/operations/local/setup-core.ts';
import {
  asJson,
  attach,
  coreOn,
  ENDPOINT,
  nodeOn,
  rolesOf,
  settled,
  statusOf,
  tokenFrom,
  type,
} from '../support/cluster.ts';
import type { RunOptions } from '../support/lab/command.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
/** What a command ends with when such a signal ends it, or when it was done before. */
const ENDS = [0, 130, 143, 137];
const settle = settlePhase({ say: () => {} }, () => 0);
const namesOf = (phases: readonly { name: string }[]) => phases.map(({ name }) => name);

/** Runs a command three times, each ended by another signal as a phase begins; then undisturbed. */
async function disturbed(host: Host, phase: string, argv: string[], options: RunOptions = {}) {
  for (const signal of SIGNALS) {
    const running = host.spawn(argv, options);
    let ended = false;
    void running.result.then(() => {
      ended = true;
    });
    const begun = () => ended || running.stderr.includes(`==> ${phase}:`);
    await until(begun, { what: `${argv.join(' ')} comes to ${phase}`, seconds: 30 });
    const { exitCode, stderr } = await running.kill(signal);
    assert.ok(ENDS.includes(exitCode), `${signal} at ${phase}: ${exitCode}\n${stderr}`);
  }
  const { exitCode, stderr } = await host.run(argv, options);
  assert.equal(exitCode, 0, stderr);
}

describe('kato node setup core, interrupted by INT, TERM and KILL', () => {
  const phases = namesOf([...SETUP_CORE_PHASES, settle]);
  const lab = useLab({ hosts: phases.length });
  needsMachines(lab);

  for (const [index, phase] of phases.entries()) {
    it(`at the start of '${phase}', ends as undisturbed when it is run again`, async () => {
      const host = lab.host(index + 1);
      await disturbed(host, phase, ['kato', 'node', 'setup', 'core', ENDPOINT]);
      const { cluster, nodes } = await settled(host);
      assert.equal(cluster.endpoint, ENDPOINT);
      assert.deepEqual(nodes.map(rolesOf), [['base', 'controller', 'primary', 'router']]);
      const { stdout } = await type(host, 'ls -A /var/lib/kato/state');
      assert.doesNotMatch(stdout, /setup\.json|\.tmp/);
      assert.match(await tokenFrom(host), /^kato1\./);
      await host.powerOff();
    });
  }
});

describe('kato node attach, interrupted by INT, TERM and KILL', () => {
  const phases = namesOf([...ATTACH_PHASES, settle]);
  const lab = useLab({ hosts: phases.length + 1 });
  needsMachines(lab);
  const core = () => lab.host(1);
  const usesLeft = async () =>
    (await asJson<{ usesLeft: number }[]>(core(), 'kato token list')).at(-1)!.usesLeft;
  let token: string;

  before('a core', async () => {
    await coreOn(core());
    token = await tokenFrom(core(), '--uses 50');
  });

  for (const [index, phase] of phases.entries()) {
    it(`at the start of '${phase}', joins once when it is run again`, async () => {
      const host = lab.host(index + 2);
      const before = await usesLeft();
      const argv = ['kato', 'node', 'attach', '-e', 'memcached', core().address];
      await disturbed(host, phase, argv, { env: { KATO_TOKEN: token } });
      const { nodes } = await settled(core());
      assert.deepEqual(
        nodes.map((node) => node.name),
        lab.hosts.slice(0, index + 2).map((one) => one.name),
      );
      assert.deepEqual(rolesOf(nodes[index + 1]!), ['base', 'memcached']);
      assert.equal(await usesLeft(), before - 1);
    });
  }
});

describe('a change, interrupted by INT, TERM and KILL', () => {
  const phases = namesOf(CHANGE_PHASES);
  const lab = useLab({ hosts: 2 + phases.length });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);

  before('a core, a node and routers', async () => {
    await coreOn(host(1));
    await Promise.all([
      attach(host(2), host(1)),
      ...lab.hosts.slice(2).map((one) => attach(one, host(1), 'router')),
    ]);
  });

  for (const [index, phase] of phases.entries()) {
    it(`at the start of '${phase}', of role add and role remove, ends as undisturbed`, async () => {
      await disturbed(host(2), phase, ['kato', 'role', 'add', 'redis']);
      const { nodes } = await settled(host(1));
      assert.deepEqual(rolesOf(nodes[1]!), ['base', 'redis']);
      await disturbed(host(1), phase, ['kato', 'role', 'remove', '-n', 'h2', 'redis']);
      assert.deepEqual(rolesOf(await nodeOn(host(2))), ['base']);
      assert.notEqual((await type(host(2), 'pgrep redis-server')).exitCode, 0);
    });

    it(`at the start of '${phase}', of setup load_balancer, ends as undisturbed`, async () => {
      const balancer = host(index + 3);
      await disturbed(balancer, phase, ['kato', 'node', 'setup', 'load_balancer']);
      await settled(host(1));
      assert.deepEqual(rolesOf(await nodeOn(balancer)), ['base', 'load_balancer']);
      const { warnings } = await statusOf(host(1));
      assert.deepEqual(warnings, []);
    });
  }
});
