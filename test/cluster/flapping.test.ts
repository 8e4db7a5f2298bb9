import assert from 'node:assert/strict';
import type { Status } from '../../src/domain/telling/status.ts';
import {
  clusterOf,
  hastenDeath,
  settled,
  statusOf,
  statusWhen,
  typed,
} from '../support/cluster.ts';
import { useLab } from '../support/lab/suite.ts';

const RETURNS_TOLERATED = 4;

describe('a router that keeps dying and coming back', () => {
  const lab = useLab({ hosts: 3 });
  const host = (number: number) => lab.host(number);
  const nodeIn = ({ nodes }: Status) => nodes.find(({ address }) => address === host(2).address)!;
  const memberIn = ({ pools }: Status) =>
    pools[0]!.members.find(({ address }) => address === `${host(2).address}:80`)!;

  before(async () => {
    await clusterOf(host(1), [
      [host(2), 'router'],
      [host(3), 'router'],
    ]);
    await settled(host(1));
    await hastenDeath(host(1));
  });

  /** Its agent is frozen until it is dead for the cluster; requests would be served all the time. */
  async function dieAndReturn(): Promise<Status> {
    const agent = 'kill -%s $(s6-svstat -o pid /var/lib/kato/service/agent)';
    await typed(host(2), agent.replace('%s', 'STOP'));
    const dead = await statusWhen(host(1), 'it is dead', (now) => nodeIn(now).state === 'dead');
    assert.equal(memberIn(dead).state, 'out');
    await typed(host(2), agent.replace('%s', 'CONT'));
    return statusWhen(host(1), 'it is back', (now) => nodeIn(now).state === 'active');
  }

  it('is in its pool again at once for the first times', async () => {
    for (let i = 0; i < RETURNS_TOLERATED; i++) {
      assert.equal(memberIn(await dieAndReturn()).state, 'in', `return ${i + 1}`);
    }
    assert.deepEqual((await settled(host(1))).warnings, []);
  });

  it('stays out from then on though it is alive, and the status says why', async () => {
    for (let i = 0; i < 2; i++) {
      const back = await dieAndReturn();
      assert.equal(memberIn(back).state, 'out');
      const [warning] = back.warnings.filter(({ code }) => code === 'NODE_FLAPS');
      assert.match(
        warning!.message,
        /^h2 keeps dying and coming back: pools leave it out for \d+ min more$/,
      );
    }
    assert.match(await typed(host(1), 'kato check'), /^warning +nodes +h2 keeps dying/m);
  });

  it('is let in at once when others are not there any more', async () => {
    await typed(host(1), 'kato stop router -n h3');
    await typed(host(1), 'kato stop router -n h1');
    const alone = await statusOf(host(1));
    assert.deepEqual(alone.pools[0]!.members, [memberIn(alone)]);
    assert.equal(memberIn(alone).state, 'in');
  });
});
