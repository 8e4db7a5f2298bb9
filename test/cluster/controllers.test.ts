import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  asJson,
  attach,
  coreOn,
  hastenDeath,
  nodeOn,
  refused,
  rolesOf,
  settled,
  statusOf,
  statusWhen,
  tokenFrom,
  typed,
} from '../support/cluster.ts';
import { transcript } from '../support/lab/command.ts';
import type { Host } from '../support/lab/host.ts';
import { useLab } from '../support/lab/suite.ts';
import { agedBy } from '../support/memory.ts';
import { kill, pidOf } from '../support/running.ts';
import { hint } from '../support/said/hint.ts';
import { until } from '../support/until.ts';

/** Longer than considerDead, which `hastenDeath` sets to 3. */
const LONG_SECONDS = 4;
const SECONDS = 60;
const AWAY =
  'bus/failures.ts: on the core: kato status shows the state of its controller; kato node halt, then kato node boot, restarts it, but not one that a person stopped: if there is no other, kato node setup core --recover-from /var/lib/kato/state/ledger.json does';

describe('two controllers', () => {
  const lab = useLab({ hosts: 3 });
  let first: Host;
  let second: Host;
  let plain: Host;

  before(async () => {
    [first, second, plain] = lab.hosts as [Host, Host, Host];
    await coreOn(first);
    await attach(second, first, 'controller', await tokenFrom(first, '--admin'));
    await attach(plain, first, 'memcached');
    await hastenDeath(first);
    await settled(first);
  });

  const freeze = async (host: Host) => host.freeze(await pidOf(host, 'controller'));
  const thaw = async (host: Host) => host.thaw(await pidOf(host, 'controller'));

  it('frozen, killed and thawed under a stream of changes: each happens once, none is lost', async () => {
    const before = await statusOf(first);
    const streams = [
      routes(first, 'a', 12),
      routes(first, 'b', 12),
      routes(second, 'c', 16),
      repeat(plain, 6, 'kato process restart --no-wait memcached', 'restart'),
    ];
    const acknowledged = () => streams.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
    const total = 12 + 12 + 16 + 6;
    const goOn = async (): Promise<void> => {
      const enough = Math.min(acknowledged().length + 4, total);
      await until(() => acknowledged().length >= enough, {
        what: `${enough} changes are acknowledged`,
        seconds: SECONDS,
      });
    };
    await goOn();
    await freeze(first);
    await goOn();
    await thaw(first);
    await kill(second, 'controller');
    await goOn();
    await freeze(second);
    await goOn();
    await kill(second, 'controller');
    await kill(first, 'controller');
    await goOn();
    await Promise.all([freeze(first), freeze(second)]);
    await Promise.all([thaw(first), thaw(second)]);

    for (const stream of streams) {
      const result = await stream.result;
      assert.equal(result.exitCode, 0, transcript(result));
    }
    assert.equal(acknowledged().length, total);
    const after = await settled(first);
    assert.equal(after.cluster.revision - before.cluster.revision, total, 'each change once');
    const listed = await asJson<{ route: string }[]>(first, 'kato route list');
    assert.deepEqual(
      listed.map(({ route }) => route).sort(),
      acknowledged()
        .filter((name) => name !== 'restart')
        .sort(),
    );
  });

  it('asked by two admins to change one node at once, make both changes', async () => {
    const both = (one: string, other: string) =>
      Promise.all([typed(first, one), typed(second, other)]);
    await both('kato role add -n h3 redis', 'kato role remove -n h3 memcached');
    assert.deepEqual(rolesOf(await nodeOn(plain, first)), ['base', 'redis']);
    await both('kato stop -n h3 redis', 'kato start -n h3 redis');
    const { nodes } = await settled(first);
    const { state, stoppedBy } = nodes[2]!.roles.find(({ name }) => name === 'redis')!;
    assert.equal(state, stoppedBy === undefined ? 'running' : 'stopped');
  });

  it('frozen both and thawed, they declare nobody dead', async () => {
    await statusOf(plain);
    await Promise.all([freeze(first), freeze(second)]);
    await agedBy(plain, LONG_SECONDS);
    await Promise.all([thaw(first), thaw(second)]);
    const seen: Status[] = [];
    await statusWhen(first, 'every node was heard again', (status) => {
      seen.push(status);
      return status.nodes.every(({ state, lastSeen }) => state === 'active' && lastSeen === 0);
    });
    assert.ok(!seen.some(({ nodes }) => nodes.some(({ state }) => state === 'dead')));
  });

  it('one stopped by a person and the other lost: a recovery of the core starts the first, and says so', async () => {
    await typed(first, 'kato start -n h3 redis');
    await typed(first, 'kato stop controller');
    await second.powerOff();
    // Until the bus notices that its machine is off, the other is only slow.
    const next = await until(
      async () => {
        const answer = await refused(first, 'kato start controller');
        return answer.code === 'CONTROLLER_AWAY' ? answer.next : undefined;
      },
      { what: 'the bus has no controller', seconds: SECONDS },
    );
    const { commands } = hint(next, AWAY);
    const pid = await pidOf(plain, 'redis');
    assert.match(
      await typed(first, commands.at(-1)!),
      /^note: h1 runs the role controller again, which was stopped, held or removed$/m,
    );
    await typed(first, 'kato route add again.example.com 10.9.9.9:80');
    const { nodes } = await statusOf(first);
    assert.equal(nodes[0]!.roles.find(({ name }) => name === 'controller')?.state, 'running');
    assert.equal(await pidOf(plain, 'redis'), pid);
  });
});

/** Adds routes one after the other, and says the name of each that was acknowledged. */
function routes(host: Host, prefix: string, count: number) {
  const name = `${prefix}$n.example.com`;
  return repeat(host, count, `kato route add --no-wait ${name} 10.9.9.9:80`, name);
}

function repeat(host: Host, count: number, change: string, say: string) {
  const line = `for n in $(seq ${count}); do ${change} >/dev/null && echo ${say} || exit 1; done`;
  return host.spawn(['sh', '-c', line]);
}
