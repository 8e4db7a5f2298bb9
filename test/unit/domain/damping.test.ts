import assert from 'node:assert/strict';
import { type Flaps, outUntilMs, returned, settled } from '../../../src/domain/nodes/damping.ts';

const MINUTE_MS = 60_000;

/** After so many returns, one each `everyMs`. */
function comingBack(count: number, everyMs: number): Flaps {
  let flaps: Flaps | undefined;
  for (let i = 0; i < count; i++) flaps = returned(flaps, i * everyMs);
  return flaps!;
}

describe('what comes and goes', () => {
  it('may return four times in a row, and stays out from the fifth on', () => {
    const out = [1, 2, 3, 4, 5, 6].map((count) => comingBack(count, 1000).out);
    assert.deepEqual(out, [false, false, false, false, true, true]);
  });

  it('is never kept out when it returns seldom', () => {
    assert.equal(comingBack(1000, 3 * MINUTE_MS).out, false);
    assert.equal(comingBack(1000, 2 * MINUTE_MS).out, true);
  });

  it('comes in again some minutes after its last return, however many there were', () => {
    for (const count of [5, 50, 5000]) {
      const flaps = comingBack(count, 1000);
      const minutes = (outUntilMs(flaps) - flaps.atMs) / MINUTE_MS;
      assert.ok(minutes > 8 && minutes < 13, `${count} returns: ${minutes} minutes`);
      assert.equal(settled(flaps, outUntilMs(flaps) - 1000)?.out, true);
      assert.equal(settled(flaps, outUntilMs(flaps) + 1000)?.out, false);
    }
  });

  it('is forgotten in the end', () => {
    const flaps = comingBack(5, 1000);
    assert.notEqual(settled(flaps, flaps.atMs + 15 * MINUTE_MS), null);
    assert.equal(settled(flaps, flaps.atMs + 20 * MINUTE_MS), null);
  });

  it('does not change by the passing of time, but for its end', () => {
    const flaps = comingBack(5, 1000);
    assert.equal(settled(flaps, flaps.atMs + MINUTE_MS), flaps);
    const over = settled(flaps, outUntilMs(flaps) + 1000)!;
    assert.equal(settled(over, outUntilMs(flaps) + 2000), over);
    assert.equal(settled(over, flaps.atMs), over, 'a slower clock does not begin it anew');
  });

  it('is let in where its time is far in the future: that clock was wrong', () => {
    const flaps = comingBack(5, 1000);
    assert.equal(settled(flaps, flaps.atMs - 10 * MINUTE_MS), null);
    assert.equal(returned(flaps, flaps.atMs - 10 * MINUTE_MS).penalty, 1);
    assert.equal(settled(flaps, flaps.atMs - 1000), flaps, 'clocks may differ by seconds');
  });
});
