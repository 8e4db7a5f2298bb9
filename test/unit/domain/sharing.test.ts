import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, hashOf } from '../../../src/domain/base/hash.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { hashOfCluster, jsonOfCluster } from '../../../src/domain/document/document-hash.ts';
import { share } from '../../../src/domain/document/sharing.ts';
import { changedBy, draws } from '../../support/changing.ts';
import { clusterWith, NOW } from '../../support/clusters.ts';

/** Few names, so that two of these have something in common; some are in every object of JavaScript. */
const NAMES = ['a', 'b', '10', '9', '__proto__', 'constructor', 'toString', ''];
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.constantFrom(null, true, 0, 1, '', 'x'),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), tie('value')), {
        selector: ([name]) => name,
      })
      .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries))) as unknown),
  ),
})).value;

describe('a document that is read anew', () => {
  it('is as it was read, and all in it that is as before is the same object', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const texts = [one, other].map((value) => JSON.stringify(value));
        const shared = share(one, other);
        assert.equal(canonicalJson(shared), canonicalJson(other));
        assert.deepEqual(shared, other);
        assert.deepEqual(
          [one, other].map((value) => JSON.stringify(value)),
          texts,
          'untouched',
        );
        assertShared(one, shared);
      }),
      { numRuns: 2000 },
    );
  });

  it('shares everything with what it was written from', () => {
    fc.assert(
      fc.property(json, (value) => {
        const again = JSON.parse(canonicalJson(value)) as unknown;
        const isObject = typeof value === 'object' && value !== null;
        if (isObject) assert.equal(share(value, again), value);
      }),
      { numRuns: 500 },
    );
  });

  it('is made anew only where it was changed', () => {
    const before = clusterWith({ web: ['router'], db: ['redis'] });
    const what = 'a route is added';
    const changed = changedBy(before, { what, one: 1, other: 1 }, NOW);
    const shared = share(before, JSON.parse(jsonOfCluster(changed)) as Cluster);
    assert.equal(shared.nodes, before.nodes);
    assert.notEqual(shared.routes, before.routes);
    assert.deepEqual(shared, changed);
  });

  function assertShared(before: unknown, after: unknown): void {
    if (!isObject(before) || !isObject(after)) return;
    if (canonicalJson(before) === canonicalJson(after)) assert.equal(after, before);
    for (const name of Object.keys(after)) {
      if (Object.hasOwn(before, name)) assertShared(before[name], after[name]);
    }
  }
});

describe('the text of a document', () => {
  it('is its JSON in its order, and its hash that by which 0.1.0 knows it, whatever is in it', () => {
    fc.assert(
      fc.property(json, (value) => {
        const document = {
          ...clusterWith({ db: [] }),
          more: value,
          ...(isObject(value) ? value : {}),
        };
        assert.equal(jsonOfCluster(document), JSON.stringify(document));
        assert.equal(hashOfCluster(document), hashOf(document));
      }),
      { numRuns: 1000 },
    );
  });

  it('stays so over changes that share what they leave', () => {
    fc.assert(
      fc.property(fc.array(draws, { size: 'max', maxLength: 30 }), (changes) => {
        let cluster = clusterWith({ web: ['router'], db: ['redis'] });
        for (const change of changes) {
          const read = JSON.parse(canonicalJson(cluster)) as Cluster;
          assert.equal(jsonOfCluster(cluster), JSON.stringify(cluster));
          assert.equal(hashOfCluster(cluster), hashOf(cluster));
          assert.equal(hashOfCluster(read), hashOfCluster(cluster));
          cluster = share(cluster, changedBy(read, change, NOW));
        }
      }),
      { numRuns: 50 },
    );
  });
});

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
