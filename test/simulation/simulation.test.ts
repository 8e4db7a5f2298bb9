import assert from 'node:assert/strict';
import { runSeed } from './run.ts';

const SEEDS = 300;
/** One run again: `KATO_SEED=42 scripts/test simulation`. */
const only = process.env.KATO_SEED;

describe('a simulated cluster', () => {
  const seeds =
    only === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(only)];

  it('keeps its promises through faults of all kinds, for every seed', async () => {
    for (const seed of seeds) await runSeed(seed);
  });

  it('lives the same life again for the same seed', async () => {
    const seed = seeds[0]!;
    assert.deepEqual(await runSeed(seed), await runSeed(seed));
  });
});
