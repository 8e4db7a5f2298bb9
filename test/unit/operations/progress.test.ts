import assert from 'node:assert/strict';
import type { StepFailure } from '../../../src/domain/making/step.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { type Progress, progress } from '../../../src/operations/status.ts';
import { catalogue, clusterWith } from '../../support/clusters.ts';
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
