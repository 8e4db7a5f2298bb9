import assert from 'node:assert/strict';
import { reloadWaitMs } from '../../../src/domain/making/reload-pace.ts';

describe('a reload of a program whose old workers end what is under way', () => {
  /** Two workers for each, 30 ms apart, as a master starts them. */
  const generations = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => [10_000 * i, 10_000 * i + 30]).flat();

  it('does not wait after a quiet second, nor when there was none before', () => {
    assert.equal(reloadWaitMs(1000, generations(1)), 0);
    assert.equal(reloadWaitMs(60_000, generations(2)), 0);
    assert.equal(reloadWaitMs(Number.POSITIVE_INFINITY, []), 0);
  });

  it('comes a second after the last one', () => {
    assert.equal(reloadWaitMs(0, generations(1)), 1000);
    assert.equal(reloadWaitMs(400, generations(2)), 600);
  });

  it('waits a second more for each old generation beyond eight, and half a minute at most', () => {
    const after = (old: number) => reloadWaitMs(0, generations(1 + old));
    assert.deepEqual([8, 9, 10, 20].map(after), [1000, 2000, 3000, 13_000]);
    assert.deepEqual([37, 38, 300].map(after), [30_000, 30_000, 30_000]);
    assert.equal(reloadWaitMs(2500, generations(11)), 500);
    assert.equal(reloadWaitMs(60_000, generations(301)), 0);
  });

  it('takes workers for one generation, however many and in whatever order', () => {
    const slowly = Array.from({ length: 64 }, (_, i) => 100 * i);
    assert.equal(reloadWaitMs(0, slowly), 1000);
    assert.equal(reloadWaitMs(0, generations(12).toReversed()), 4000);
  });

  it('lets some thirty generations come together at most, with a drain of 300 s', () => {
    const living: number[] = [];
    let most = 0;
    for (let nowMs = 0, lastMs = Number.NEGATIVE_INFINITY; nowMs < 3_600_000; lastMs = nowMs) {
      nowMs += reloadWaitMs(nowMs - lastMs, living);
      living.push(nowMs);
      while (living[0]! < nowMs - 300_000) living.shift();
      most = Math.max(most, living.length);
    }
    assert.ok(most > 20 && most <= 33, `${most} generations`);
  });
});
