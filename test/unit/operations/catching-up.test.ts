import assert from 'node:assert/strict';
import type { Bus } from '../../../src/bus/bus.ts';
import type { Store } from '../../../src/bus/store/store.ts';
import { contentsKeeper } from '../../../src/controller/state/contents.ts';
import { knowledgeOf } from '../../../src/controller/state/knowledge.ts';
import { guardLineage } from '../../../src/controller/state/lineage-guard.ts';
import { createLive, takeDocument } from '../../../src/controller/state/live.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { hashOfCluster } from '../../../src/domain/document/document-hash.ts';
import { prove } from '../../../src/domain/document/proof.ts';
import type { ProvenVersion } from '../../../src/domain/views/view.ts';
import { versionOf } from '../../../src/domain/views/view-for.ts';
import { view } from '../../../src/operations/view.ts';
import { catalogue, clusterWith, nodeOf } from '../../support/clusters.ts';

const SEED = 'of the controllers';
const plain = nodeOf('plain', [], { version: '0.2.0' });
const known = { ...clusterWith(), nodes: { ...clusterWith().nodes, plain } };
const newer = { ...known, revision: 2, nodes: { ...known.nodes, plain: { ...plain, zone: 'z' } } };
const versionIn = (cluster: Cluster, seed = SEED) =>
  prove(versionOf(cluster, hashOfCluster(cluster)), seed);

/** A controller that knows revision 1, and what the bus holds now; what a node is answered. */
async function asked(onBus: Cluster, seen?: ProvenVersion) {
  const live = createLive();
  let looks = 0;
  const store = {
    listSecrets: async () => ({}),
    readCluster: async () => {
      looks++;
      return { cluster: onBus, entry: 2 };
    },
  } as Partial<Store> as Store;
  takeDocument(live, known, 1);
  const common = {
    live,
    catalogue,
    controllerKeys: { controller: 'U', warden: 'U' },
    kato: '0.2.0',
  };
  const options = {
    ...{ ...common, store, bus: {} as Bus },
    announcements: { needsFrom: () => false, shown: () => ({ announced: [], proof: null }) },
    contents: contentsKeeper({ ...common, seed: SEED }),
    catchUp: guardLineage(store, live, SEED).catchUp,
  } as unknown as Parameters<typeof knowledgeOf>[0];
  const params = { known: null, ...(seen === undefined ? {} : { seen }) };
  const answer = await view.run(knowledgeOf(options), params, plain);
  const { view: given } = answer as unknown as { view: { version: ProvenVersion } };
  return { revision: given.version.revision, looks, older: live.older };
}

describe('a controller that is asked for a view', () => {
  it('looks at what the bus has before it answers a node that has heard of more', async () => {
    const { revision, looks } = await asked(newer, versionIn(newer));
    assert.deepEqual([revision, looks], [2, 1]);
  });

  it('does not look where the node has heard of no more, or of what no controller said', async () => {
    const made = { ...versionIn(known), revision: 99, hash: 'h99' };
    for (const seen of [undefined, versionIn(known), versionIn(newer, 'of others'), made]) {
      const { revision, looks, older } = await asked(newer, seen);
      assert.deepEqual([revision, looks, older], [1, 0, null]);
    }
  });

  it('only reads from then on where the bus does not go on from what the node has heard', async () => {
    const { revision, older } = await asked(known, versionIn(newer));
    assert.deepEqual([revision, older?.revision], [1, 2]);
  });
});
