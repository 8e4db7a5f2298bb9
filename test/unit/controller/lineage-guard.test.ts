import assert from 'node:assert/strict';
import type { Store } from '../../../src/bus/store/store.ts';
import { guardLineage } from '../../../src/controller/state/lineage-guard.ts';
import { createLive } from '../../../src/controller/state/live.ts';
import { prove } from '../../../src/domain/document/proof.ts';
import { clusterWith } from '../../support/clusters.ts';

const SEED = 'of the controllers';
const cluster = clusterWith();
const claims = [
  { lineage: 'l1', epoch: 1, revision: 99, hash: 'h99' },
  { lineage: 'other', epoch: 2, revision: 1, hash: 'h1' },
];

describe('a node that says it has seen a later state', () => {
  const seenWith = async (claim: (typeof claims)[number], seed: string) => {
    const live = createLive();
    const store = { readCluster: async () => ({ cluster, entry: 1 }) } as Partial<Store> as Store;
    const guard = guardLineage(store, live, seed);
    await guard.readBack();
    guard.saw(prove(claim, SEED));
    await guard.readBack();
    return live.older;
  };

  it('is believed when controllers handed that state out', async () => {
    for (const claim of claims) assert.equal((await seenWith(claim, SEED))?.hash, claim.hash);
  });

  it('is not believed otherwise: it could keep everybody from changing anything', async () => {
    for (const claim of claims) assert.equal(await seenWith(claim, 'of others'), null);
  });

  it('cannot use the proof of one version for another', async () => {
    const { proof } = prove(claims[0]!, SEED);
    assert.notEqual(prove(claims[1]!, SEED).proof, proof);
  });
});
