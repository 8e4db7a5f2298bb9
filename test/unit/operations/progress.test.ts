import assert from 'node:assert/strict';
import type { Report, StepFailure } from '../../../src/domain/making/step.ts';
import { NO_VERDICTS, type Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import { type Progress, progress } from '../../../src/operations/following/progress.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { catalogue, clusterWith, NOW } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { contentsOf } from '../../support/views.ts';

const cluster = clusterWith({ db: ['redis'] });

describe('how far a node is', () => {
  it('is told with what failed of the revision, not with a later view that was refused', async () => {
    const failure = { process: 'redis', code: 'FAILED', message: 'no' } as const;
    assert.deepEqual((await toldOf({ ...failure, kind: 'start' })).failures.length, 1);
    const { done, failures } = await toldOf({ ...failure, kind: 'fetch-view', process: 'agent' });
    assert.deepEqual([done, failures], [true, []]);
  });
});

describe('a change of a node that is at work', () => {
  const told = async (report: Partial<Report>) => {
    const contents = contentsOf(cluster);
    const full = { ...reportOf('db', {}), content: contents.contentOf('db'), ...report };
    const known = {
      ...{ cluster, catalogue, contents, version: contents.version, verdicts: NO_VERDICTS },
      reports: new Map([['db', full]]),
      nextNews: async () => undefined,
    } as unknown as Knowledge;
    const params = { nodes: ['db'], revision: 9, seen: 0, waitMs: 0 };
    const [one] = (await progress.run(known, params, cluster.nodes.db!)) as unknown as Progress[];
    return one!;
  };
  const failure = { kind: 'start', process: 'redis', code: 'FAILED', message: 'no' } as const;

  it('waits for what it has asked for itself, or one after it, and for nothing of before', async () => {
    const doneWhile = async (busy: Record<string, number>) =>
      (await told({ complete: false, busy })).done;
    assert.deepEqual(
      [
        await doneWhile({ slow: 8 }),
        await doneWhile({ slow: 8, own: 9 }),
        await doneWhile({ later: 12 }),
      ],
      [true, false, false],
    );
    assert.equal((await told({ complete: false })).done, false, 'an agent of 0.1.0 tells no more');
  });

  it('has not failed by what had failed before it', async () => {
    const failures = [8, 9, undefined].map((since) => ({ ...failure, ...(since && { since }) }));
    const shown = (await told({ complete: true, failures })).failures;
    assert.deepEqual(
      shown.map(({ since }) => since),
      [9, undefined],
    );
  });
});

describe('a change of one node that others send requests to', () => {
  const many = clusterWith({ web: ['router'], lb: ['load_balancer'], dead: ['load_balancer'] });
  const contents = contentsOf(many);
  const reportFrom = (id: string, change: Partial<Report> = {}): [string, Report] => [
    id,
    { ...reportOf(id, {}), content: contents.contentOf(id), complete: true, ...change },
  ];
  const progressWith = async (...reports: [string, Report][]): Promise<Progress> =>
    progressWhile({}, ...reports);
  const progressWhile = async (
    others: Verdicts['silent'],
    ...reports: [string, Report][]
  ): Promise<Progress> => {
    const silent = { dead: { state: 'dead', since: NOW }, ...others } as const;
    const known = {
      ...{ cluster: many, catalogue, contents, version: contents.version },
      verdicts: { ...NO_VERDICTS, silent },
      reports: new Map(reports),
      nextNews: async () => undefined,
    } as unknown as Knowledge;
    const params = { nodes: ['web'], revision: 9, seen: 0, waitMs: 0 };
    return ((await progress.run(known, params, many.nodes.web!)) as unknown as Progress[])[0]!;
  };
  const gone = reportFrom('dead', { content: 'old' });

  it('is done when these have it, but for those that are gone', async () => {
    const { done, waitsFor } = await progressWith(reportFrom('web'), reportFrom('lb'), gone);
    assert.deepEqual([done, waitsFor], [true, undefined]);
  });

  it('waits for those that have another view', async () => {
    const late = reportFrom('lb', { content: 'old' });
    const { done, waitsFor } = await progressWith(reportFrom('web'), late, gone);
    assert.deepEqual([done, waitsFor], [false, ['lb']]);
  });

  it('waits for one that is silent, and may still serve, until it is known to be gone', async () => {
    const late = reportFrom('lb', { content: 'old' });
    const told = async (state: 'inactive' | 'left'): Promise<boolean> => {
      const silent = { lb: { state, since: NOW } };
      return (await progressWhile(silent, reportFrom('web'), late, gone)).done;
    };
    assert.deepEqual([await told('inactive'), await told('left')], [false, true]);
  });

  it('waits until they have done what they have begun', async () => {
    const begun = reportFrom('lb', { complete: false });
    const { done, waitsFor } = await progressWith(reportFrom('web'), begun, gone);
    assert.deepEqual([done, waitsFor], [false, ['lb']]);
  });

  it('does not wait for what came after it', async () => {
    const { version } = reportFrom('lb')[1];
    const newer = { ...version, lineage: many.lineage, revision: 9 };
    const since = reportFrom('lb', {
      content: 'made of announcements a moment ago',
      version: newer,
    });
    const { done } = await progressWith(reportFrom('web'), since, gone);
    assert.equal(done, true);
  });

  it('does not wait for an agent of 0.1.0, which does not tell', async () => {
    const { content: _, ...old } = reportFrom('lb')[1];
    const { done } = await progressWith(reportFrom('web'), ['lb', old], gone);
    assert.equal(done, true);
  });
});

async function toldOf(failure: StepFailure): Promise<Progress> {
  const report = { ...reportOf('db', { redis: 'RUNNING' }), failures: [failure], complete: true };
  const known = {
    cluster,
    catalogue,
    version: report.version,
    verdicts: NO_VERDICTS,
    reports: new Map([['db', report]]),
    contents: contentsOf(cluster),
  } as unknown as Knowledge;
  const params = { nodes: ['db'], revision: 1, seen: 0, waitMs: 0 };
  const told = (await progress.run(known, params, cluster.nodes.db!)) as unknown as Progress[];
  return told[0]!;
}
