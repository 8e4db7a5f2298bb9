import assert from 'node:assert/strict';
import { hashOf } from '../../../../src/domain/base/hash.ts';
import { checkBudget } from '../../../../src/domain/document/budget.ts';
import { changed, commit, landed } from '../../../../src/domain/document/change.ts';
import { OPERATIONS_BYTES_MAX, OPERATIONS_KEPT } from '../../../../src/domain/document/cluster.ts';
import { definitionOfSetting } from '../../../../src/domain/document/settings.ts';
import { findNode } from '../../../../src/domain/nodes/find-node.ts';
import {
  installCertificate,
  removeCertificate,
} from '../../../../src/domain/traffic/certificates.ts';
import { removeAnnouncer, removeRoute } from '../../../../src/domain/traffic/routes.ts';
import { asked, catalogue, clusterWith, later } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

describe('what somebody names', () => {
  it('is not found in what every object has', () => {
    const cluster = clusterWith({ a: ['router'] });
    const tries: [() => unknown, string][] = [
      [() => findNode(cluster, 'constructor'), 'UNKNOWN_NODE'],
      [() => removeAnnouncer(cluster, { name: 'constructor' }), 'NOT_FOUND'],
      [() => removeCertificate(cluster, { domain: 'constructor' }), 'NOT_FOUND'],
      [() => removeRoute(cluster, { route: 'constructor', backends: [] }), 'NOT_FOUND'],
      [() => definitionOfSetting(catalogue, 'redis', 'constructor'), 'UNKNOWN_KEY'],
    ];
    for (const [act, code] of tries) assert.throws(act, { code });
  });
});

describe('a committed change', () => {
  const before = clusterWith();
  const decision = changed(before, { endpoint: 'api.other.org' }, { now: 1 });
  const after = commit(before, decision, 'op-1', ['core']);

  it('is one revision further and chained to the document before', () => {
    assert.equal(after.revision, before.revision + 1);
    assert.equal(after.previousHash, hashOf(before));
    assert.equal(after.endpoint, 'api.other.org');
    assert.equal(before.endpoint, 'api.example.com');
  });

  it('is remembered with its first result, so that a retry gets the same', () => {
    assert.deepEqual(landed(after, 'op-1'), {
      id: 'op-1',
      revision: after.revision,
      result: { now: 1 },
      touched: ['core'],
    });
    assert.equal(landed(after, 'op-2'), undefined);
  });

  it(`is forgotten after ${OPERATIONS_KEPT} others`, () => {
    let now = after;
    for (let i = 0; i < OPERATIONS_KEPT; i++)
      now = commit(now, changed(now, {}, null), `later-${i}`, []);
    assert.equal(landed(now, 'op-1'), undefined);
    assert.equal(now.operations.length, OPERATIONS_KEPT);
  });
});

describe('a document that is being filled', () => {
  /** One byte of JSON for each letter of its longest name. */
  const weighing = (bytes: number) => clusterWith({}, { endpoint: 'x'.repeat(bytes) });

  it('is closed to plain nodes before it is to admins, who can make it smaller at any weight', () => {
    const grows = (from: number, to: number, byAdmin: boolean) => () =>
      checkBudget(weighing(from), weighing(to), byAdmin);
    grows(0, 3_900_000, false)();
    assert.throws(grows(0, 4_000_000, false), { code: 'NO_SPACE', why: /only admin nodes/ });
    grows(4_000_000, 5_900_000, true)();
    assert.throws(grows(5_900_000, 6_000_000, true), {
      code: 'NO_SPACE',
      why: /the limit is 6 MB/,
    });
    for (const byAdmin of [true, false]) grows(7_000_000, 6_999_999, byAdmin)();
  });

  it('is not filled by the results of operations that it remembers', () => {
    let now = clusterWith();
    const long = 'x'.repeat(OPERATIONS_BYTES_MAX / 10);
    for (let i = 0; i < 50; i++) now = commit(now, changed(now, {}, long), `op-${i}`, []);
    assert.ok(JSON.stringify(now.operations).length < OPERATIONS_BYTES_MAX * 1.01);
    assert.ok(landed(now, 'op-49') && landed(now, 'op-42') && !landed(now, 'op-30'));
    const huge = commit(now, changed(now, {}, long.repeat(20)), 'huge', []);
    assert.ok(landed(huge, 'huge'), 'a retry of the last one always gets its result');
    assert.equal(huge.operations.length, 1);
  });
});

describe('certificates', () => {
  const names = ['shop.example.com', '*.wild.example.com'];
  const certificate = {
    ...{ domain: 'Shop.example.com', chain: 'PEM', notAfter: later(86_400), names },
    keyIsThere: true,
  };
  const cluster = clusterWith({ lb: ['load_balancer'], db: ['redis'] });
  const installed = installCertificate(cluster, { ...certificate, update: false }, asked());

  it('go to every router and load balancer', () => {
    assert.deepEqual(touched(cluster, installed), ['core', 'lb']);
    assert.deepEqual(Object.keys(installed.cluster.certificates), ['shop.example.com']);
  });

  it('are kept with the day from which they are good, where that is to come', () => {
    const from = (seconds: number) => {
      const params = { ...certificate, update: false, notBefore: later(seconds) };
      return installCertificate(cluster, params, asked()).result.notBefore;
    };
    assert.deepEqual([from(-60), from(60)], [undefined, later(60)]);
  });

  it('are replaced only when that is meant', () => {
    const again = (update: boolean, chain = 'newer PEM') =>
      installCertificate(installed.cluster, { ...certificate, chain, update }, asked());
    assert.equal(again(false, certificate.chain).changed, false);
    assert.throws(() => again(false), { code: 'CONFLICT', next: 'replace it with --update' });
    assert.ok(again(true).changed);
    const lost = { ...certificate, keyIsThere: false, update: true };
    assert.ok(
      installCertificate(installed.cluster, lost, asked()).changed,
      'its key is brought back',
    );
    const own = { ...certificate, domain: 'default', update: true };
    assert.throws(() => installCertificate(cluster, own, asked()), { code: 'BAD_NAME' });
  });

  it('are for the domain, by name or by wildcard, and have not ended', () => {
    const install = (change: object) => () =>
      installCertificate(cluster, { ...certificate, update: false, ...change }, asked());
    for (const domain of ['a.wild.example.com', '*.wild.example.com']) {
      assert.ok(install({ domain })().changed, domain);
    }
    assert.ok(install({ names: ['SHOP.Example.com'] })().changed, 'names have no case');
    assert.throws(install({ domain: 'a.b.wild.example.com' }), { code: 'BAD_VALUE' });
    assert.throws(install({ domain: 'other.example.com' }), { code: 'BAD_VALUE' });
    assert.throws(install({ notAfter: later(-1) }), { code: 'BAD_VALUE' });
  });

  it('are removed by their domain', () => {
    const removed = removeCertificate(installed.cluster, { domain: 'SHOP.example.com' });
    assert.deepEqual(removed.cluster.certificates, {});
    assert.throws(() => removeCertificate(cluster, { domain: 'x.org' }), { code: 'NOT_FOUND' });
  });
});
