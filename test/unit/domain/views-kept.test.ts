import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { type Views, viewsOf } from '../../../src/domain/views/view-for.ts';
import { catalogue, clusterWith, NOW } from '../../support/clusters.ts';
import { until } from '../../support/until.ts';

const cluster = clusterWith({ web: ['router'], db: ['redis'] });

describe('the views of a state', () => {
  it('keep the last ones alive, and none of before: a controller lives through many changes', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let last = viewsAt(0);
    const first = new WeakRef(last);
    const firstContents = new WeakRef(last.contents);
    for (let revision = 1; revision <= 3; revision++) last = viewsAt(revision, last);
    const areGone = async (): Promise<boolean> => {
      await turn();
      collect();
      return first.deref() === undefined && firstContents.deref() === undefined;
    };
    // What just ran may hold on to something for a moment.
    await until(areGone, { what: 'the first are gone', seconds: 1 });
    assert.equal(last.contents.size, 3);
  });
});

function viewsAt(revision: number, before?: Views): Views {
  const views = viewsOf(
    {
      ...{ cluster: { ...cluster, revision }, catalogue, announced: [], at: NOW },
      version: { lineage: 'l1', epoch: 1, revision, hash: `h${revision}`, proof: '' },
      controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
      verdicts: NO_VERDICTS,
    },
    before,
  );
  for (const id of Object.keys(cluster.nodes)) views.contentOf(id);
  return views;
}
