import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { createLoop, retryMs } from '../../../src/agent/loop.ts';
import { until } from '../../support/until.ts';

const quiet = () => undefined;

describe('the loop of the agent', () => {
  it('makes one next pass of ten wakes during a pass', async () => {
    let passes = 0;
    const gates: (() => void)[] = [];
    const loop = createLoop(() => {
      passes++;
      return new Promise((resolve) => gates.push(resolve));
    }, quiet);
    const end = new AbortController();
    const running = loop.until(end.signal);
    await until(() => gates.length === 1, { what: 'the first pass is under way', seconds: 5 });
    for (let i = 0; i < 10; i++) loop.wake();
    gates[0]!();
    await until(() => gates.length === 2, { what: 'the second pass is under way', seconds: 5 });
    end.abort();
    gates[1]!();
    await running;
    assert.equal(passes, 2);
  });

  it('looks at once after a HUP, until it ends', async () => {
    let passes = 0;
    const loop = createLoop(async () => void passes++, quiet);
    const end = new AbortController();
    const before = process.listenerCount('SIGHUP');
    const running = loop.until(end.signal);
    await until(() => passes === 1, { what: 'the first pass is over', seconds: 5 });
    process.kill(process.pid, 'SIGHUP');
    await until(() => passes === 2, { what: 'a HUP asked for another', seconds: 5 });
    end.abort();
    await running;
    assert.equal(process.listenerCount('SIGHUP'), before);
  });

  it('never has two passes at a time', async () => {
    let now = 0;
    let most = 0;
    let passes = 0;
    const loop = createLoop(async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      passes++;
    }, quiet);
    const end = new AbortController();
    const running = loop.until(end.signal);
    const fivePasses = () => {
      loop.wake();
      return passes >= 5;
    };
    await until(fivePasses, { what: 'five passes', seconds: 5 });
    end.abort();
    await running;
    assert.equal(most, 1);
  });

  it('says why a pass failed, and a wake does not wait for the next try', async () => {
    const lines: string[] = [];
    let passes = 0;
    const loop = createLoop(
      async () => {
        if (++passes === 1) throw new Error('the bus is away');
      },
      (line) => lines.push(line),
    );
    const end = new AbortController();
    const running = loop.until(end.signal);
    await until(() => lines.length === 1, { what: 'the failure is told', seconds: 5 });
    assert.match(lines[0]!, /^pass failed: the bus is away; again in (0|1)\.\d s$/);
    loop.wake();
    await setImmediate();
    assert.equal(passes, 2);
    end.abort();
    await running;
  });

  it('tries again after 1, 2, 4 and at most 60 seconds, spread a little', () => {
    assert.deepEqual(
      [0, 1, 2, 5, 6, 99].map((failures) => retryMs(failures, 0)),
      [1000, 2000, 4000, 32_000, 60_000, 60_000],
    );
    assert.equal(retryMs(0, 1), 750);
  });
});
