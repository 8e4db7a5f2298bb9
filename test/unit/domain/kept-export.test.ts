import assert from 'node:assert/strict';
import { keepExport } from '../../../src/domain/document/keep-export.ts';
import { exportFault, keptExportOf } from '../../../src/domain/document/kept-export.ts';
import { epochAbove } from '../../../src/domain/document/restore.ts';
import { changeSetting } from '../../../src/domain/document/setting-changes.ts';
import { removeNodes } from '../../../src/domain/nodes/leave.ts';
import { asked, clusterWith } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';

const plain = clusterWith({ a: ['redis'], b: ['redis'] });
const keep = { node: '10.0.0.2', intervalSeconds: 300, key: 'k1' };
const { cluster } = keepExport(plain, keep, asked());
const nobody = (): boolean => false;

const faultAfter = (minutes: number | null): string | undefined => {
  const at = '2026-03-01T12:00:00.000Z';
  const exportedAt =
    minutes === null ? null : new Date(Date.parse(at) - minutes * 60_000).toISOString();
  const report = { ...reportOf('a', {}), at, ...(exportedAt === null ? {} : { exportedAt }) };
  return exportFault(cluster, new Map([['a', report]]), nobody)?.message;
};

describe('the export that a node keeps', () => {
  it('is asked of one node, by whatever it is called', () => {
    assert.deepEqual(keptExportOf(cluster), { id: 'a', intervalMs: 300_000, key: 'k1' });
    assert.equal(keptExportOf(plain), null);
    const later = keepExport(cluster, { node: 'b', intervalSeconds: null, key: 'k2' }, asked());
    assert.deepEqual(later.result, { node: 'b', intervalSeconds: 300 });
    const usual = keepExport(plain, { ...keep, intervalSeconds: 600 }, asked()).cluster;
    assert.deepEqual(usual.settings.cluster, { 'export.node': 'a' }, 'a default is not stored');
  });

  it('is refused to a node that is none or the core, and without a key', () => {
    const set = (from: typeof cluster, value: string) => () =>
      changeSetting(from, { component: 'cluster', key: 'export.node', act: 'set', value }, asked());
    assert.throws(set(cluster, 'c'), { code: 'UNKNOWN_NODE' });
    assert.throws(set(cluster, 'core'), { code: 'CONFLICT', message: 'core is the core' });
    assert.throws(set(plain, 'a'), { code: 'CONFLICT', next: 'kato data keep a asks for one' });
    assert.equal(set(cluster, 'b')().result, 'b');
  });

  it('is late when two looks have failed, missing when there is none', () => {
    assert.equal(faultAfter(11), undefined);
    assert.equal(faultAfter(13), 'the export on a is 13 min old');
    assert.equal(faultAfter(null), 'a has no export of the cluster yet');
    assert.equal(exportFault(plain, new Map(), nobody), null);
  });

  it('is missed when its node is gone', () => {
    const reports = new Map([['a', reportOf('a', {})]]);
    const dead = exportFault(cluster, reports, (id) => id === 'a');
    assert.deepEqual(dead, { message: 'a, which keeps the export, is away', node: 'a' });
    const removal = { nodes: ['a'], awaited: nobody, force: false };
    const left = removeNodes(cluster, removal, asked()).cluster;
    assert.match(exportFault(left, reports, nobody)!.message, /the node 'a' no longer exists/);
  });
});

describe('a recovered state', () => {
  it('is in an epoch above all that nodes have seen, but not above its own', () => {
    const saved = { ...plain, lineage: 'mine', epoch: 2 };
    assert.equal(epochAbove(saved, []), 2);
    assert.equal(epochAbove(saved, [{ lineage: 'old', epoch: 1 }]), 2);
    assert.equal(epochAbove(saved, [{ lineage: 'other', epoch: 2 }]), 3);
    assert.equal(epochAbove(saved, [{ lineage: 'other', epoch: 5 }]), 6);
    assert.equal(epochAbove(saved, [{ lineage: 'mine', epoch: 4 }]), 4);
  });
});
