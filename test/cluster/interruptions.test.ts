import assert from 'node:assert/strict';
import { CHANGE_PHASES } from '../../src/cli/framework/change-command.ts';
import { settlePhase } from '../../src/cli/session/settle.ts';
import { type Attach, joinPhases, PROVE_PHASES } from '../../src/operations/local/attach.ts';
import { SETUP_CORE_PHASES } from '../../src/operations/local/setup-core.ts';
import {
  asJson,
  clusterOf,
  coreOn,
  ENDPOINT,
  nodeOn,
  rolesOf,
  settled,
  tokenFrom,
  type,
} from '../support/cluster.ts';
import { interrupted, type Line, SIGNALS } from '../support/interrupted.ts';
import type { Host } from '../support/lab/host.ts';
import { needsMachines, useLab } from '../support/lab/suite.ts';

const settle = settlePhase({ say: () => {}, interrupt: () => {} }, () => 0);
const ATTACH_PHASES = [...PROVE_PHASES, ...joinPhases({ carried: null } as Attach), settle];
const namesOf = (phases: readonly { name: string }[]) => phases.map(({ name }) => name);

/** Once for each signal: interrupted by it, then undisturbed; then `check`, and back to the beginning. */
async function disturbed(
  host: Host,
  phase: string,
  line: Line,
  then: { check(): Promise<void>; undo(): Promise<unknown> },
): Promise<void> {
  for (const signal of Object.keys(SIGNALS)) {
    await interrupted(host, phase, signal, line);
    await undisturbed(host, line);
    await then.check();
    await then.undo();
  }
}

async function undisturbed(host: Host, { argv, env = {} }: Line): Promise<void> {
  const { exitCode, stderr } = await host.run(argv, { env });
  assert.equal(exitCode, 0, stderr);
}

function kato(words: string, env: Record<string, string> = {}): Line {
  return { argv: ['kato', ...words.split(' ')], env };
}

describe('kato node setup core, interrupted by INT, TERM and KILL', () => {
  const phases = namesOf([...SETUP_CORE_PHASES, settle]);
  const lab = useLab({ hosts: phases.length });
  needsMachines(lab);

  for (const [index, phase] of phases.entries()) {
    it(`at the start of '${phase}', ends as undisturbed when it is run again`, async () => {
      const host = lab.host(index + 1);
      const line = kato(`node setup core ${ENDPOINT}`);
      // Every phase of it runs each time, so the next signal meets what this one left.
      for (const signal of Object.keys(SIGNALS)) await interrupted(host, phase, signal, line);
      await undisturbed(host, line);
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
  const lab = useLab({ hosts: 1 + Object.keys(SIGNALS).length });
  needsMachines(lab);
  const core = () => lab.host(1);
  const others = () => lab.hosts.slice(1);
  const usesLeft = async () =>
    (await asJson<{ usesLeft: number }[]>(core(), 'kato token list')).at(-1)!.usesLeft;
  let token: string;

  before('a core', async () => {
    await coreOn(core());
    token = await tokenFrom(core(), '--uses 50');
  });

  for (const phase of namesOf(ATTACH_PHASES)) {
    it(`at the start of '${phase}', joins once when it is run again`, async () => {
      const before = await usesLeft();
      const line = kato(`node attach -e memcached ${core().address}`, { KATO_TOKEN: token });
      await Promise.all(
        Object.keys(SIGNALS).map(async (signal, i) => {
          await interrupted(others()[i]!, phase, signal, line);
          await undisturbed(others()[i]!, line);
        }),
      );
      const { nodes } = await settled(core());
      assert.deepEqual(
        nodes.map((node) => [node.name, rolesOf(node)]),
        [
          ['h1', ['base', 'controller', 'primary', 'router']],
          ...others().map(({ name }) => [name, ['base', 'memcached']]),
        ],
      );
      assert.equal(await usesLeft(), before - others().length);
      await Promise.all(others().map((host) => host.kato('node', 'detach')));
    });
  }
});

describe('a change, interrupted by INT, TERM and KILL', () => {
  const lab = useLab({ hosts: 3 });
  needsMachines(lab);
  const host = (number: number) => lab.host(number);

  before('a core, a node and a router', async () => {
    await clusterOf(host(1), [
      [host(2), ''],
      [host(3), 'router'],
    ]);
  });

  for (const phase of namesOf(CHANGE_PHASES)) {
    const added = async (): Promise<void> => {
      await settled(host(1));
      assert.deepEqual(rolesOf(await nodeOn(host(2))), ['base', 'redis']);
    };
    const removed = async (): Promise<void> => {
      await settled(host(1));
      assert.deepEqual(rolesOf(await nodeOn(host(2))), ['base']);
      assert.notEqual((await type(host(2), 'pgrep redis-server')).exitCode, 0);
    };

    it(`at the start of '${phase}' of role add, ends as undisturbed`, () =>
      disturbed(host(2), phase, kato('role add redis'), {
        check: added,
        undo: () => host(2).kato('role', 'remove', 'redis'),
      }));

    it(`at the start of '${phase}' of role remove, ends as undisturbed`, async () => {
      await host(2).kato('role', 'add', 'redis');
      await disturbed(host(1), phase, kato('role remove -n h2 redis'), {
        check: removed,
        undo: () => host(2).kato('role', 'add', 'redis'),
      });
      await host(2).kato('role', 'remove', 'redis');
    });

    it(`at the start of '${phase}' of setup load_balancer, ends as undisturbed`, () =>
      disturbed(host(3), phase, kato('node setup load_balancer'), {
        check: async () => {
          const { warnings } = await settled(host(1));
          assert.deepEqual(rolesOf(await nodeOn(host(3))), ['base', 'load_balancer']);
          assert.deepEqual(warnings, []);
        },
        undo: async () => {
          await host(3).kato('role', 'remove', '--force', 'load_balancer');
          await host(3).kato('role', 'add', 'router');
        },
      }));
  }
});
