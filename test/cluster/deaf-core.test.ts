import assert from 'node:assert/strict';
import {
  asJson,
  attach,
  coreOn,
  hastenDeath,
  refused,
  settled,
  statusWhen,
  tokenFrom,
  type,
  typed,
} from '../support/cluster.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { pidOf } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';

const FOLLOW = 'cli/session/follow.ts:';
const HOLD = 'domain/roles/process-switch.ts:';

describe('a core whose agent is frozen while its bus serves', () => {
  const lab = useLab({ hosts: 3 });
  let core: Host;
  let admin: Host;

  before(async () => {
    core = lab.host(1);
    admin = lab.host(2);
    await coreOn(core);
    await attach(admin, core, '', await tokenFrom(core, '--admin'));
    await hastenDeath(core);
    await settled(core);
  });
  const freeze = async () => core.freeze(await pidOf(core, 'agent'));

  it('does not hold the bus, and nobody is told that it does', async () => {
    await freeze();
    const bus = await pidOf(core, 'nats-server');
    const { code, next } = await refused(admin, 'kato process stop -n h1 --force nats-server');
    assert.equal(code, 'NODE_UNREACHABLE');
    const { commands } = hint(
      next,
      `${HOLD} kato node boot on \${node.name} starts its agent anew`,
    );
    await typed(core, commands[0]!);
    await settled(core);
    assert.equal(await pidOf(core, 'nats-server'), bus);
  });

  it('does not follow: a token is shown all the same, and what helps is not to remove it', async () => {
    await freeze();
    await statusWhen(admin, 'the core is dead', ({ nodes }) =>
      nodes.some(({ name, state }) => name === core.name && state === 'dead'),
    );
    const { exitCode, stdout } = await type(admin, 'kato token create -q');
    assert.equal(exitCode, 5);
    assert.match(stdout, /^\S{40,}\n$/);
    const { next } = await refused(admin, 'kato process restart -n h1 controller');
    const { commands } = hint(
      next,
      `${FOLLOW} kato node boot on \${core.node} starts its agent anew`,
    );
    await typed(core, commands[0]!);
    await settled(core);
    await attach(lab.host(3), core, '', stdout.trim());
    const nodes = await asJson<unknown[]>(core, 'kato node list');
    assert.equal(nodes.length, 3);
  });
});
