import assert from 'node:assert/strict';
import { afterProbe, isOut, type Probed } from '../../../src/domain/traffic/probing.ts';

const SECOND = 1000;
/** Longer than what it remembers of one that it took back. */
const LONG = 200;

describe('a backend that is tried', () => {
  let probed: Probed | undefined;
  let nowMs: number;
  beforeEach(() => {
    probed = undefined;
    nowMs = 0;
  });
  const tried = (seconds: number, hasConnected: boolean): boolean => {
    nowMs += seconds * SECOND;
    probed = afterProbe(probed, hasConnected, nowMs);
    return isOut(probed);
  };
  /** Seconds from when it went out until it is taken back, though it takes connections all the time. */
  const quietTime = (): number => {
    while (!tried(1, false));
    let seconds = 0;
    do seconds++;
    while (tried(1, true));
    return seconds;
  };

  it('is out after two failures in a row, and not for one', () => {
    assert.deepEqual([tried(1, false), tried(1, true), tried(1, false)], [false, false, false]);
    assert.equal(tried(1, false), true);
  });

  it('stays out for longer each time that it fails soon again, to a limit', () => {
    const times = Array.from({ length: 7 }, quietTime);
    assert.deepEqual(times, [2, 4, 8, 16, 32, 60, 60]);
  });

  it('is as good as others when it was well for a while', () => {
    quietTime();
    quietTime();
    assert.equal(tried(LONG, true), false);
    assert.equal(probed, undefined);
    assert.equal(quietTime(), 2);
  });

  it('stays out as long as it fails, and is back with the first connection after that', () => {
    quietTime();
    while (!tried(1, false));
    for (let i = 0; i < 100; i++) assert.equal(tried(2, false), true);
    assert.equal(tried(1, true), false);
  });
});
