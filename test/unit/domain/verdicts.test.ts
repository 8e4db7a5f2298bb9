import assert from 'node:assert/strict';
import type { Alive } from '../../../src/domain/liveness.ts';
import { poolsOf } from '../../../src/domain/pools.ts';
import {
  hostOf,
  isGone,
  NO_VERDICTS,
  nextVerdicts,
  type Verdicts,
} from '../../../src/domain/verdicts.ts';
import { catalogue, clusterWith, later, NOW, withNode } from '../../support/clusters.ts';

const cluster = clusterWith({ a: ['router'], b: ['router'] });

function next(
  before: Verdicts,
  alive: Record<string, Alive | 'left'>,
  at = NOW,
  of = cluster,
): Verdicts {
  const pools = poolsOf(of, catalogue, [], before.outages);
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
    assert.deepEqual(next(dead, { a: 'active', b: 'active' }, later(5)), NO_VERDICTS);
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

it('the host of a backend is what stands before the port', () => {
  assert.equal(hostOf('10.0.0.7:8080'), '10.0.0.7');
});
