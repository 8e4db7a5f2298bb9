import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { nodeTime } from '../../../src/agent/node-time.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';

const MODULE = `${import.meta.dirname}/../../../src/agent/node-time.ts`;

describe('the time of a node', () => {
  it('is later each time, also within a millisecond', () => {
    const times = Array.from({ length: 50 }, nodeTime);
    assert.deepEqual(times, [...new Set(times)].sort());
    assert.equal(times.length, 50);
  });

  it('goes on when an agent starts anew after the clock was set back by a day', async () => {
    const root = await mkdtemp('/tmp/kato-time-');
    /** The time of an agent on a machine whose clock is off by so much. */
    const agent = (offMs: number): string => {
      const script = `
        const { now } = Date;
        Date.now = () => now() + ${offMs};
        const { keepTime, nodeTime } = await import('${MODULE}');
        await keepTime(JSON.parse(process.argv[1]));
        console.log(nodeTime());`;
      const paths = JSON.stringify(pathsOf(root));
      return execFileSync(process.execPath, ['-e', script, paths], { encoding: 'utf8' }).trim();
    };
    const times = [agent(0), agent(-86_400_000), agent(86_400_000), agent(0)];
    assert.deepEqual(times, times.toSorted());
    const spanMs = Date.parse(times.at(-1)!) - Date.parse(times[0]!);
    assert.ok(spanMs < 60_000, `${spanMs}`);
    await rm(root, { recursive: true });
  });
});
