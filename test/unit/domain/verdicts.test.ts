import assert from 'node:assert/strict';
import type { Alive } from '../../../src/domain/nodes/liveness.ts';
import {
  hostOf,
  isGone,
  NO_VERDICTS,
  nextVerdicts,
  type Verdicts,
} from '../../../src/domain/nodes/verdicts.ts';
import { poolsOf } from '../../../src/domain/traffic/pools.ts';
import { catalogue, clusterWith, later, NOW, withNode } from '../../support/clusters.ts';

const cluster = clusterWith({ a: ['router'], b: ['router'] });

function next(
  before: Verdicts,
  alive: Record<string, Alive | 'left'>,
  at = NOW,
  of = cluster,
): Verdicts {
  const pools = poolsOf(of, catalogue, [], before);
  return nextVerdicts(of, pools, before, new Map(Object.entries(alive)), Date.parse(at));
}

describe('verdicts', () => {
  const dead = next(NO_VERDICTS, { core: 'active', a: 'dead', b: 'active' });

  it('name who is silent since when, and take the dead out of the pools', () => {
    assert.deepEqual(dead, {
      silent: { a: { state: 'dead', since: NOW } },
      outages: { routers: { '10.0.0.2:80': NOW } },
    });
    assert.ok(isGone(dead, 'a'));
    assert.ok(!isGone(dead, 'b'));
  });

  it('stay when the same is seen again, and go when the node is back', () => {
    assert.deepEqual(next(dead, { a: 'dead', b: 'active' }, later(5)), dead);
    const { flaps: _flaps, ...back } = next(dead, { a: 'active', b: 'active' }, later(5));
    assert.deepEqual(back, NO_VERDICTS);
  });

  it('of others are kept by a controller that judges nobody yet', () => {
    assert.deepEqual(next(dead, { core: 'unknown', a: 'unknown', b: 'unknown' }, later(5)), dead);
    assert.deepEqual(next(dead, {}, later(5)), dead);
  });

  it('of two controllers become one, each adding what it knows', () => {
    const second = next(dead, { a: 'unknown', b: 'inactive' }, later(5));
    assert.deepEqual(Object.keys(second.silent), ['a', 'b']);
    assert.equal(second.silent.a!.since, NOW);
    assert.equal(second.silent.b!.since, later(5));
  });

  it('are not made lighter by a controller that has listened for a shorter time', () => {
    assert.deepEqual(next(dead, { a: 'inactive', b: 'active' }, later(5)), dead);
  });

  it('leave an inactive node in its pools', () => {
    const inactive = next(NO_VERDICTS, { a: 'inactive' });
    assert.deepEqual(inactive.outages, {});
    assert.ok(!isGone(inactive, 'a'));
  });

  it('hold that a node which said goodbye has left, though it is silent now', () => {
    const left = next(NO_VERDICTS, { a: 'left' });
    for (const silence of ['inactive', 'dead', 'unknown'] as const) {
      assert.equal(next(left, { a: silence }, later(60)).silent.a!.state, 'left');
    }
    assert.deepEqual(next(left, { a: 'active' }, later(60)), NO_VERDICTS);
  });

  it('say nothing of a node that has not connected yet, whoever else has its machine id', () => {
    const joining = withNode(cluster, 'a', { pendingUntil: later(300) });
    assert.deepEqual(next(NO_VERDICTS, { a: 'dead' }, NOW, joining), NO_VERDICTS);
  });

  it('forget a node that was removed', () => {
    assert.deepEqual(next(dead, {}, later(5), clusterWith({ b: ['router'] })).silent, {});
  });
});

describe('a node that keeps dying and coming back', () => {
  const ALIVE = { core: 'active', a: 'active', b: 'active' } as const;
  const DEAD = { ...ALIVE, a: 'dead' } as const;
  const CYCLE_SECONDS = 20;
  const isOut = ({ outages }: Verdicts) => '10.0.0.2:80' in (outages.routers ?? {});

  /** Dead and alive again so often; the last return is at the end. */
  function cycles(count: number, how = (verdicts: Verdicts) => verdicts): Verdicts {
    let verdicts = NO_VERDICTS;
    for (let i = 0; i < count; i++) {
      verdicts = next(verdicts, DEAD, later(i * CYCLE_SECONDS));
      verdicts = how(next(verdicts, ALIVE, later(i * CYCLE_SECONDS + 10)));
    }
    return verdicts;
  }
  const flapping = cycles(5);

  it('stays out of the pools from its fifth return on, for some minutes', () => {
    assert.equal(isOut(cycles(4)), false);
    assert.ok(isOut(flapping));
    assert.ok(!isGone(flapping, 'a'), 'it is alive for everything else');
    assert.ok(isOut(next(flapping, ALIVE, later(300))));
    const over = next(flapping, ALIVE, later(1000));
    assert.ok(!isOut(over));
    assert.deepEqual(next(over, ALIVE, later(3000)), NO_VERDICTS);
  });

  it('changes pools a few times and not for ever', () => {
    let changes = 0;
    let verdicts = NO_VERDICTS;
    for (let i = 0; i < 100; i++) {
      const after = next(verdicts, i % 2 === 0 ? DEAD : ALIVE, later(i * 10));
      if (isOut(after) !== isOut(verdicts)) changes++;
      verdicts = after;
    }
    assert.equal(changes, 9, 'out and in four times, then out');
  });

  it('is let in at once when the others are dead', () => {
    const alone = next(flapping, { core: 'dead', a: 'active', b: 'dead' }, later(200));
    assert.ok(!isOut(alone));
  });

  it('is no node that was shut down and started in order, nor one that was only silent', () => {
    for (const silence of ['left', 'inactive'] as const) {
      let verdicts = NO_VERDICTS;
      for (let i = 0; i < 20; i++) {
        verdicts = next(verdicts, { ...ALIVE, a: silence }, later(i * 20));
        verdicts = next(verdicts, ALIVE, later(i * 20 + 10));
      }
      assert.deepEqual(verdicts, NO_VERDICTS, silence);
    }
  });

  it('is counted once for each return, however often that is seen and by whom', () => {
    const at = later(5 * CYCLE_SECONDS + 10);
    const died = next(flapping, DEAD, later(5 * CYCLE_SECONDS));
    const back = next(died, ALIVE, at);
    assert.deepEqual(next(back, ALIVE, at), back);
    // Another controller that has not judged it, and one whose clock is ahead by seconds.
    assert.deepEqual(next(back, { core: 'active' }, at), back);
    assert.deepEqual(next(back, ALIVE, later(5 * CYCLE_SECONDS + 15)), back);
  });

  it('lets two controllers with unequal knowledge and clocks go quiet, at every moment', () => {
    const views = [ALIVE, { core: 'active', b: 'active' }, {}] as const;
    for (let seconds = 100; seconds < 2000; seconds += 20) {
      let verdicts = flapping;
      let writes = 0;
      for (let turn = 0; turn < 12; turn++) {
        const aheadSeconds = turn % 2 === 0 ? 0 : 40;
        const after = next(verdicts, views[turn % 3]!, later(seconds + aheadSeconds));
        if (JSON.stringify(after) !== JSON.stringify(verdicts)) writes = turn + 1;
        verdicts = after;
      }
      assert.ok(writes <= 3, `they still write in turn ${writes}, ${seconds} s after`);
    }
  });

  it('is let in by a controller of 0.1.0, which knows nothing of it, and they go quiet', () => {
    const old = (verdicts: Verdicts): Verdicts => {
      const { silent } = verdicts;
      return { silent, outages: {} };
    };
    let verdicts = old(flapping);
    assert.deepEqual(next(verdicts, ALIVE, later(200)), verdicts);
    verdicts = next(verdicts, DEAD, later(210));
    assert.deepEqual(Object.keys(verdicts), ['silent', 'outages']);
  });

  it('is forgotten when it is removed', () => {
    const removed = clusterWith({ b: ['router'] });
    assert.deepEqual(next(flapping, ALIVE, later(200), removed), NO_VERDICTS);
  });
});

it('the host of a backend is what stands before the port', () => {
  assert.equal(hostOf('10.0.0.7:8080'), '10.0.0.7');
});
