import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import { reconcile } from '../../../../src/domain/document/reconcile.ts';
import { importState, recovered } from '../../../../src/domain/document/restore.ts';
import {
  asked,
  clusterWith,
  later,
  NOW,
  nodeOf,
  tokenOf,
  withNode,
} from '../../../support/clusters.ts';

const AT = later(100);
const NAMES = ['a', 'b', 'c', 'd'];

const saved: Cluster = {
  ...clusterWith(Object.fromEntries(NAMES.map((name) => [name, ['redis']]))),
  revision: 10,
  tokens: Object.fromEntries(NAMES.map((id) => [id, tokenOf(id, { usesLeft: 3 })])),
  announcers: Object.fromEntries(NAMES.map((name) => [name, { name, key: `U${name}`, hosts: [] }])),
};

/** What may happen to a cluster after its state was saved. */
type Event = { what: keyof typeof EVENTS; name: string };

const EVENTS = {
  'a token is revoked': (cluster: Cluster, id: string): Cluster =>
    withToken(cluster, id, { revokedAt: NOW }),
  'a token is used': (cluster: Cluster, id: string): Cluster => {
    const usesLeft = Math.max(0, (cluster.tokens[id]?.usesLeft ?? 0) - 1);
    return withToken(cluster, id, { usesLeft });
  },
  'a token is forgotten': (cluster: Cluster, id: string): Cluster => ({
    ...cluster,
    tokens: less(cluster.tokens, id),
  }),
  'a node is removed': (cluster: Cluster, id: string): Cluster => {
    const node = cluster.nodes[id];
    if (node === undefined) return cluster;
    const former = { id, name: node.name, key: node.key, removedAt: NOW, awaited: false };
    return {
      ...cluster,
      nodes: less(cluster.nodes, id),
      former: { ...cluster.former, [id]: former },
    };
  },
  'a machine joins where the node was': (cluster: Cluster, id: string): Cluster => {
    const { address } = saved.nodes[id]!;
    if (Object.values(cluster.nodes).some((node) => node.address === address)) return cluster;
    const joined = nodeOf(id, ['redis'], { id: `${id}-anew`, key: `U${id}ANEW`, address });
    return { ...cluster, nodes: { ...cluster.nodes, [joined.id]: joined } };
  },
  'a node goes to another address': (cluster: Cluster, id: string): Cluster =>
    id in cluster.nodes
      ? withNode(cluster, id, { address: `10.0.9.${id.charCodeAt(0)}` })
      : cluster,
  'a node has another key': (cluster: Cluster, id: string): Cluster =>
    id in cluster.nodes ? withNode(cluster, id, { key: `U${id}NEW` }) : cluster,
  'an announcer is removed': (cluster: Cluster, name: string): Cluster => ({
    ...cluster,
    announcers: less(cluster.announcers, name),
  }),
  'an announcer has another key': (cluster: Cluster, name: string): Cluster =>
    name in cluster.announcers
      ? {
          ...cluster,
          announcers: { ...cluster.announcers, [name]: { name, key: `U${name}2`, hosts: [] } },
        }
      : cluster,
};

function less<T>(record: Record<string, T>, name: string): Record<string, T> {
  const { [name]: _gone, ...rest } = record;
  return rest;
}

function withToken(cluster: Cluster, id: string, changes: object): Cluster {
  const token = cluster.tokens[id];
  if (token === undefined) return cluster;
  return { ...cluster, tokens: { ...cluster.tokens, [id]: { ...token, ...changes } } };
}

const events = fc.array(
  fc.record({
    what: fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[])),
    name: fc.constantFrom(...NAMES),
  }),
  { maxLength: 20 },
);

function clusterAfter(happened: readonly Event[]): Cluster {
  const end = happened.reduce((cluster, { what, name }) => EVENTS[what](cluster, name), saved);
  return { ...end, revision: saved.revision + happened.length };
}

function isUsable({ revokedAt, usesLeft }: Cluster['tokens'][string]): boolean {
  return revokedAt === null && usesLeft > 0;
}

/** Two nodes are never one: by address, by name or by key. */
function assertApart({ nodes, former }: Cluster): void {
  const all = Object.values(nodes);
  for (const field of ['address', 'name', 'key'] as const) {
    assert.equal(new Set(all.map((node) => node[field])).size, all.length, field);
  }
  assert.deepEqual(
    Object.keys(former).filter((id) => id in nodes),
    [],
  );
}

describe('a saved state that comes back', () => {
  it('brings nothing back that was taken away, whatever has happened since', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const present = clusterAfter(happened);
        const { cluster, again } = reconcile(saved, present, AT);
        for (const token of Object.values(cluster.tokens)) {
          const now = present.tokens[token.id]!;
          assert.ok(!isUsable(token) || isUsable(now), `token ${token.id}`);
          assert.ok(token.usesLeft <= now.usesLeft);
        }
        for (const node of Object.values(cluster.nodes)) {
          const { key, address } = present.nodes[node.id]!;
          assert.deepEqual([node.key, node.address], [key, address], node.id);
        }
        for (const { name, key } of Object.values(cluster.announcers)) {
          assert.equal(key, present.announcers[name]!.key);
        }
        for (const id of [...Object.keys(saved.nodes), ...Object.keys(present.nodes)]) {
          assert.ok(id in cluster.nodes || id in cluster.former, `${id} is told what became of it`);
        }
        assert.deepEqual(again, { nodes: [], announcers: [] });
        assertApart(cluster);
      }),
      { numRuns: 1000 },
    );
  });

  it('of another history brings back only what nobody knows to be removed, and says so', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const present = { ...clusterAfter(happened), lineage: 'another', epoch: 2 };
        const { cluster, again } = reconcile(saved, present, AT);
        for (const token of Object.values(cluster.tokens)) {
          const now = present.tokens[token.id];
          assert.ok(!isUsable(token) || (now !== undefined && isUsable(now)), `token ${token.id}`);
        }
        for (const id of Object.keys(present.former)) assert.ok(!(id in cluster.nodes), id);
        for (const node of Object.values(cluster.nodes)) {
          const now = present.nodes[node.id];
          assert.ok(now !== undefined || again.nodes.includes(node.name), node.id);
          if (now !== undefined) assert.equal(node.key, now.key);
        }
        for (const { name, key } of Object.values(cluster.announcers)) {
          const now = present.announcers[name];
          assert.ok(now === undefined ? again.announcers.includes(name) : now.key === key);
        }
        assertApart(cluster);
      }),
      { numRuns: 1000 },
    );
  });

  it('lets no data be deleted that was to be deleted only then', () => {
    const then = withNode(saved, 'a', { purged: ['redis', 'postgresql'], roles: {} });
    const now = withNode(saved, 'a', { purged: ['postgresql'] });
    assert.deepEqual(reconcile(then, now, AT).cluster.nodes.a!.purged, ['postgresql']);
    const alone = recovered(then, null, { lineage: 'l2', seenEpoch: 1, at: AT });
    assert.deepEqual(alone.cluster.nodes.a!.purged, []);
  });

  it('leaves explicit routers where those are by now', () => {
    const pinned = withNode(saved, 'b', { pinnedRouters: [saved.nodes.a!.address, '192.0.2.1'] });
    const present = clusterAfter([{ what: 'a node goes to another address', name: 'a' }]);
    const { cluster } = reconcile(pinned, present, AT);
    assert.deepEqual(cluster.nodes.b!.pinnedRouters, [present.nodes.a!.address, '192.0.2.1']);
  });
});

describe('an import', () => {
  it('cuts off who joined since only when that is said, and tells them so', () => {
    const present = clusterAfter([
      { what: 'a node is removed', name: 'a' },
      { what: 'a machine joins where the node was', name: 'a' },
    ]);
    const params = { saved, lineage: 'l2', force: false };
    assert.throws(() => importState(present, params, asked({ at: AT })), { code: 'CONFLICT' });
    const { cluster, result } = importState(present, { ...params, force: true }, asked({ at: AT }));
    assert.equal(result.unkept, null);
    const keeping = { ...present, settings: { cluster: { 'export.node': 'a' } } };
    const kept = importState(keeping, { ...params, force: true }, asked({ at: AT })).result;
    assert.equal(kept.unkept, 'a', 'who kept an export no longer does, and that is said');
    assert.deepEqual(result.lost, ['a']);
    assert.deepEqual(Object.keys(cluster.nodes), ['core', 'b', 'c', 'd']);
    assert.deepEqual(Object.keys(cluster.former).sort(), ['a', 'a-anew']);
    assert.equal(cluster.former['a-anew']!.key, 'UaANEW');
    assert.deepEqual([cluster.lineage, cluster.epoch], ['l2', 2]);
  });
});

describe('a recovery', () => {
  const options = { lineage: 'l2', seenEpoch: 1, at: AT };

  it('by what the machine itself knew later is as careful as an import', () => {
    const own = clusterAfter([
      { what: 'a token is revoked', name: 'a' },
      { what: 'a node is removed', name: 'b' },
      { what: 'a machine joins where the node was', name: 'b' },
      { what: 'an announcer is removed', name: 'c' },
    ]);
    const { cluster, again, knownUntil } = recovered(saved, own, options);
    assert.equal(cluster.tokens.a!.revokedAt, NOW);
    assert.equal(cluster.tokens.b!.revokedAt, null);
    assert.ok(!('b' in cluster.nodes) && 'b' in cluster.former);
    assert.ok(!('c' in cluster.announcers));
    assert.deepEqual([again, knownUntil], [{ nodes: [], announcers: [] }, own.revision]);
    assert.ok(!('b-anew' in cluster.former), 'who joined later is not told to stop');
  });

  it('from its own ledger changes nothing', () => {
    const { cluster } = recovered(saved, saved, options);
    const { lineage: _l, epoch: _e, revision: _r, previousHash: _p, ...rest } = cluster;
    const { lineage: _l2, epoch: _e2, revision: _r2, previousHash: _p2, ...before } = saved;
    assert.deepEqual(rest, before);
  });

  it('with nothing to go by ends all tokens, and names what may count again', () => {
    const joining = withNode(saved, 'd', { pendingUntil: NOW });
    for (const own of [null, { ...saved, id: 'c2', revision: 99 }, { ...saved, revision: 9 }]) {
      const { cluster, again, knownUntil } = recovered(joining, own, options);
      assert.ok(Object.values(cluster.tokens).every((token) => !isUsable(token)));
      assert.deepEqual(again, { nodes: ['core', ...NAMES], announcers: NAMES });
      assert.equal(knownUntil, null);
      // It may have joined long ago: it has time to show its key.
      assert.equal(cluster.nodes.d!.pendingUntil, later(400));
    }
  });
});
