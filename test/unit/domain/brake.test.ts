import assert from 'node:assert/strict';
import { braked, nextOutages, type Outages } from '../../../src/domain/traffic/pools.ts';
import { NOW } from '../../support/clusters.ts';
import { testPool } from '../../support/views.ts';

const T0 = Date.parse(NOW);
const MINUTE_MS = 60_000;
const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i + 1}:80`);
const poolOf = (count: number) => testPool('routers', 'routers', addresses(count));

/** How many are out when the first `dead` of `count` members died at once. */
function outOf(count: number, dead: number, before: Outages = {}, nowMs = T0): string[] {
  const gone = new Set(addresses(count).slice(0, dead));
  const outages = nextOutages([poolOf(count)], before, (address) => gone.has(address), nowMs);
  return Object.keys(outages.routers ?? {});
}

describe('the brake of a pool', () => {
  it('takes at most half of the members out at once, and never the only one', () => {
    const all = [1, 2, 3, 4, 5, 10].map((count) => outOf(count, count).length);
    assert.deepEqual(all, [0, 1, 1, 2, 2, 5]);
    assert.deepEqual(outOf(3, 1), ['10.0.0.1:80']);
  });

  it('lets go after a minute, but never of the last member', () => {
    const gone = new Set(addresses(4));
    const step = (before: Outages, nowMs: number) =>
      nextOutages([poolOf(4)], before, (address) => gone.has(address), nowMs);
    const first = step({}, T0);
    assert.equal(Object.keys(first.routers!).length, 2);
    const soon = step(first, T0 + MINUTE_MS - 1);
    assert.deepEqual(soon, first);
    const after = step(soon, T0 + MINUTE_MS);
    assert.equal(Object.keys(after.routers!).length, 3);
    assert.deepEqual(step(after, T0 + 10 * MINUTE_MS), after);
  });

  it('lets a member back in at once', () => {
    const before = nextOutages([poolOf(3)], {}, (address) => address === '10.0.0.1:80', T0);
    assert.deepEqual(
      nextOutages([poolOf(3)], before, () => false, T0 + 1),
      {},
    );
  });

  it('keeps the time at which a member went out', () => {
    const gone = (address: string) => address === '10.0.0.1:80';
    const before = nextOutages([poolOf(3)], {}, gone, T0);
    assert.deepEqual(nextOutages([poolOf(3)], before, gone, T0 + 5000), before);
  });

  it('lets go after a minute by the new time when the clock is set back by an hour', () => {
    const gone = new Set(addresses(4));
    const step = (before: Outages, nowMs: number) =>
      nextOutages([poolOf(4)], before, (address) => gone.has(address), nowMs);
    const back = T0 - 60 * MINUTE_MS;
    const first = step(step({}, T0), back);
    assert.equal(Object.keys(first.routers!).length, 2, 'half of them, and no more at once');
    assert.deepEqual(step(first, back + MINUTE_MS - 1), first);
    assert.equal(Object.keys(step(first, back + MINUTE_MS).routers!).length, 3);
  });

  it('goes quiet between two controllers whose clocks differ', () => {
    const gone = (address: string) => address !== '10.0.0.4:80';
    const step = (before: Outages, nowMs: number) => nextOutages([poolOf(4)], before, gone, nowMs);
    for (const aheadMs of [1000, 30 * MINUTE_MS]) {
      const both = (before: Outages, ms: number) => step(step(before, T0 + aheadMs + ms), T0 + ms);
      const settled = both(both({}, 0), 1);
      assert.deepEqual(step(settled, T0 + aheadMs + 2), settled);
      assert.deepEqual(step(settled, T0 + 2), settled);
    }
  });

  it('says whom it holds', () => {
    const pool = poolOf(2);
    pool.members[0]!.state = 'out';
    assert.deepEqual(
      braked(pool, () => true),
      ['10.0.0.2:80'],
    );
  });
});

describe('a member that keeps dying and coming back', () => {
  const [first = '', second = '', third = ''] = addresses(4);
  const SOON = T0 + MINUTE_MS;
  const outAfter = (count: number, before: string[], gone: string[], flapping: string[]) => {
    const outages = { routers: Object.fromEntries(before.map((address) => [address, NOW])) };
    const isGone = (address: string) => gone.includes(address);
    const flaps = (address: string) => flapping.includes(address);
    const next = nextOutages([poolOf(count)], outages, isGone, SOON, flaps);
    assert.deepEqual(nextOutages([poolOf(count)], next, isGone, SOON, flaps), next);
    return Object.keys(next.routers ?? {});
  };

  it('stays out though it is alive, as long as it flaps', () => {
    assert.deepEqual(outAfter(3, [first], [], [first]), [first]);
    assert.deepEqual(outAfter(3, [first], [], []), []);
  });

  it('is not put out when it is in: the brake had kept it, or others needed it', () => {
    assert.deepEqual(outAfter(3, [], [], [first]), []);
  });

  it('comes in at once when the others are gone', () => {
    assert.deepEqual(outAfter(2, [first], [second], [first]), [second]);
    assert.deepEqual(outAfter(3, [first], [second], [first]), [second]);
    assert.deepEqual(outAfter(4, [first], [second], [first]), [first, second]);
  });

  it('is never more than half of a pool, nor the only member', () => {
    assert.deepEqual(outAfter(1, [first], [], [first]), []);
    assert.deepEqual(outAfter(3, [first, second, third], [], [first, second, third]), [first]);
    assert.equal(outAfter(4, addresses(4), [], addresses(4)).length, 2);
  });
});
