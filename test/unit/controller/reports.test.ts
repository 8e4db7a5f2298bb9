import assert from 'node:assert/strict';
import type { Store } from '../../../src/bus/store/store.ts';
import { createLive, takeDocument } from '../../../src/controller/state/live.ts';
import { followObserved, isNewer } from '../../../src/controller/state/reports.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import { removeNodes } from '../../../src/domain/nodes/leave.ts';
import { reportOf as parsed } from '../../../src/operations/report.ts';
import { asked, clusterWith, NOW } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';

describe('a report', () => {
  const of = (bootId: string, at: string) => ({ bootId, at }) as Report;
  const before = of('b1', '2026-01-01T12:00:00.000Z');

  it('is newer by its time within one boot, and by its boot when the clock was set back', () => {
    assert.ok(isNewer(before, undefined));
    assert.ok(isNewer(of('b1', '2026-01-01T12:00:01.000Z'), before));
    assert.ok(!isNewer(of('b1', '2026-01-01T11:59:59.000Z'), before));
    assert.ok(isNewer(of('b2', '2025-01-01T00:00:00.000Z'), before));
  });

  it('that is none is refused, and the one before stays', async () => {
    const store = { watchObserved: async () => {}, putObserved: async () => {} };
    const live = createLive();
    const options = { store: store as unknown as Store, live, onReport: () => {} };
    const reports = await followObserved(options);
    const { core } = clusterWith({}).nodes;
    const good = reportOf('core', { router: 'RUNNING' }) as unknown as { [key: string]: Json };
    await reports.take(core!, good);
    for (const bad of [null, {}, { ...good, processes: { router: null } }, { ...good, at: 'x' }]) {
      await assert.rejects(reports.take(core!, bad), { code: 'BAD_VALUE' });
    }
    assert.deepEqual([...live.reports.values()], [good]);
  });

  it('has a limit in every field, and shows no terminal anything', () => {
    const good = reportOf('core', { router: 'RUNNING' });
    const failure = { kind: 'start', process: 'router', code: 'FAILED', message: 'no' } as const;
    const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
    const table = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, []]));
    const taken = (changes: object) => parsed({ ...good, ...changes } as unknown as Json);
    for (const bad of [
      { kato: 'x'.repeat(1000) },
      { failures: many(1000, failure) },
      { steps: many(10_000, { kind: 'start', process: 'a', ms: 1, failed: false }) },
      { steps: [{ kind: 'start', process: 'a', ms: JSON.parse('1e999'), failed: false }] },
      { roles: table(1000) },
      { catalogue: ['a\u001b[2J'] },
      { version: { ...good.version, epoch: JSON.parse('1e999') } },
      { seen: { ...good.version, hash: 'x'.repeat(1000) } },
      ...['x'.repeat(1000), null, { a: 1 }].map((content) => ({ content })),
      { exportedAt: '2026-02-30' },
      { lostLines: { logs: many(1000, 'redis'), diskFull: true } },
      { processes: { redis: { state: 'RUNNING', pid: 'x'.repeat(1000), since: NOW, held: true } } },
    ]) {
      assert.equal(taken(bad), null, JSON.stringify(bad).slice(0, 80));
    }
    const long = { ...failure, code: 'TOMORROW', message: `\u001b[2J${'x'.repeat(100_000)}` };
    const [cut] = taken({ failures: [long] })!.failures;
    assert.equal(cut!.code, 'FAILED');
    assert.match(cut!.message, /^\\x1b\[2Jx{900,}/);
    assert.ok(cut!.message.length < 1100);
    assert.deepEqual(taken({ failures: [failure] }), { ...good, failures: [failure] });
  });

  it('goes with its node when that is removed', async () => {
    const deleted: string[] = [];
    const store = {
      watchObserved: async () => {},
      putObserved: async () => {},
      deleteObserved: async (key: string) => void deleted.push(key),
    } as unknown as Store;
    const live = createLive();
    const reports = await followObserved({ store, live, onReport: () => {} });
    const cluster = clusterWith({ web: ['router'] });
    takeDocument(live, cluster, 1);
    for (const node of Object.values(cluster.nodes))
      await reports.take(node, reportOf(node.id, {}) as unknown as Json);
    const nobody = () => false;
    const removal = { nodes: ['web'], awaited: nobody, force: false };
    const after = removeNodes(cluster, removal, asked()).cluster;
    takeDocument(live, { ...after, revision: cluster.revision + 1 }, 2);
    assert.deepEqual([...live.reports.keys()], ['core']);
    assert.deepEqual(deleted, ['report.web']);
  });
});
