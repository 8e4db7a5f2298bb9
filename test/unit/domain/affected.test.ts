import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/base/hash.ts';
import type { Cluster, Node } from '../../../src/domain/document/cluster.ts';
import { hashOfCluster } from '../../../src/domain/document/document-hash.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import type { AnnouncedRoute } from '../../../src/domain/traffic/pools.ts';
import { affectedBy } from '../../../src/domain/views/affected.ts';
import { endsAround } from '../../../src/domain/views/ends.ts';
import type { ViewInput } from '../../../src/domain/views/seen-parts.ts';
import { type Views, versionOf, viewsOf } from '../../../src/domain/views/view-for.ts';
import { changedBy, draws } from '../../support/changing.ts';
import { catalogue, clusterWith, later, NOW, tokenOf } from '../../support/clusters.ts';

const RUNS = 60;
const FIRST = clusterWith(
  // No catalogue here has 'shout': another machine's has.
  { web: ['router'], lb: ['load_balancer'], db: ['redis', 'shout'], plain: [] },
  {
    settings: { shout: { port: 7007 } },
    tokens: { first: tokenOf('first', { usesLeft: 100, expiresAt: '2099-01-01T00:00:00.000Z' }) },
  },
);
const ANNOUNCED: AnnouncedRoute[] = ['shop.org', 'c.org'].map((host) => {
  return { announcer: 'paas', host, path: '/', backend: '10.2.0.1:80', sticky: false };
});

/** What happens beside: time goes on, routes are announced, a member of a pool is out. */
const around = fc.record({ days: fc.nat(3), announced: fc.nat(2), isOut: fc.boolean() });
const steps = fc.array(fc.record({ draw: draws, around }), { maxLength: 40, size: 'max' });

function inputOf(cluster: Cluster, at: string, { announced, isOut }: Around): ViewInput {
  const outages = isOut ? { routers: { '10.0.0.2:80': NOW } } : {};
  return {
    ...{ cluster, catalogue, announced: ANNOUNCED.slice(0, announced) },
    version: { ...versionOf(cluster, hashOfCluster(cluster)), proof: '' },
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
    verdicts: { ...NO_VERDICTS, outages },
    at: endsAround(cluster, at).last,
  };
}

interface Around {
  announced: number;
  isOut: boolean;
}

/** By views made anew: a change is about those who are given something else of the cluster itself. */
function recomputed(input: ViewInput, after: Cluster): string[] {
  const before = viewsOf(input);
  const then = viewsOf({ ...input, cluster: after });
  const given = (views: Views, id: string): string => {
    const { version, document, pools, peers, trustedProxies, announced, heartbeatMs, ...own } =
      views.viewOf(id);
    return canonicalJson(own);
  };
  const { nodes, former } = input.cluster;
  const atEnd = viewsOf({ ...input, cluster: { ...after, rolls: {} } });
  const begun = Object.entries(after.rolls ?? {}).filter(
    ([, roll]) => roll.asked.at(-1) === after.revision,
  );
  const isToCome = ({ id, roles }: Node): boolean =>
    begun.some(([role, { turns }]) => {
      const isNow = turns[id] === Math.max(...Object.values(turns));
      return isNow || (role in roles && !(id in turns) && given(then, id) !== given(atEnd, id));
    });
  const other = Object.keys(after.nodes).filter(
    (id) => !(id in nodes) || given(before, id) !== given(then, id) || isToCome(after.nodes[id]!),
  );
  const leaving = Object.values(after.former).filter(
    ({ id, awaited }) => awaited && !(id in former),
  );
  return [...other, ...leaving.map(({ id }) => id)];
}

describe('the nodes that a change is about', () => {
  it('are those that a full recomputation finds, whatever was known before', () => {
    let changes = 0;
    fc.assert(
      fc.property(steps, (happening) => {
        let cluster = FIRST;
        let seconds = 0;
        let views: Views | undefined;
        for (const { draw, around } of happening) {
          seconds += around.days * 86_400;
          const input = inputOf(cluster, later(seconds), around);
          views = viewsOf(input, views);
          const after = changedBy(cluster, draw, later(seconds));
          if (after === cluster) continue;
          const affected = affectedBy(input, after, views.parts);
          assert.deepEqual(affected.sort(), recomputed(input, after).sort(), draw.what);
          assert.deepEqual(affectedBy(input, after).sort(), affected);
          cluster = after;
          changes++;
        }
      }),
      { numRuns: RUNS },
    );
    assert.ok(changes > RUNS, 'something was changed');
  });

  it('are all, where another history begins', () => {
    const input = inputOf(FIRST, NOW, { announced: 0, isOut: false });
    for (const change of [{ lineage: 'l2' }, { epoch: 2 }]) {
      assert.deepEqual(affectedBy(input, { ...FIRST, ...change }), Object.keys(FIRST.nodes));
    }
  });
});
