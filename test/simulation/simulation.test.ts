import assert from 'node:assert/strict';
import { runSeed } from './run.ts';
import { runSeeds } from './seeds.ts';

/** More, and each again: scripts/simulate. */
const SEEDS = 2000;
/** Three minutes on two processors that have nothing else to do. */
const LIMIT_MS = 15 * 60_000;

describe('a simulated cluster', function () {
  this.timeout(LIMIT_MS);

  it('keeps its promises through faults of all kinds, for every seed', async () => {
    const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
    assert.equal(await runSeeds(seeds), null);
  });

  it('lives the same life again for the same seed', async () => {
    assert.deepEqual(await runSeed(1), await runSeed(1));
  });
});
