import assert from 'node:assert/strict';
import type { Report } from '../../../src/domain/making/step.ts';
import { NO_VERDICTS, type Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import {
  type Released,
  released,
  waitsForRemoved,
} from '../../../src/operations/following/released.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { contentsOf } from '../../support/views.ts';

const cluster = clusterWith({ web: ['router'], lb: ['load_balancer'], db: ['redis'] });
const contents = contentsOf(cluster);
const AT = 9;

describe('what is about to stop', () => {
  const knowing = (
    report: Partial<Report> | null,
    silent: Verdicts['silent'] = {},
    next?: Partial<Report>,
  ): Knowledge => {
    const reportFrom = (change: Partial<Report>): Report => ({
      ...{
        ...reportOf('lb', { load_balancer: 'RUNNING' }),
        content: contents.contentOf('lb'),
        complete: true,
      },
      ...change,
    });
    const reports = new Map(report === null ? [] : [['lb', reportFrom(report)]]);
    return {
      ...{ cluster, catalogue, contents, version: contents.version, reports },
      verdicts: { ...NO_VERDICTS, silent },
      nextNews: async () => {
        if (next !== undefined) reports.set('lb', reportFrom(next));
      },
    } as unknown as Knowledge;
  };
  const waitsFor = async (
    known: Knowledge,
    process: string | null = 'router',
    revision: number | null = AT,
  ): Promise<string[]> => {
    const params = { process, revision, waitMs: 0 };
    return ((await released.run(known, params, cluster.nodes.web!)) as unknown as Released)
      .waitsFor;
  };
  const old = { content: 'of before' };

  it('waits for who sends requests to its pool, and for nobody else', async () => {
    assert.deepEqual(await waitsFor(knowing(old)), ['lb']);
    assert.deepEqual(await waitsFor(knowing(null)), ['lb'], 'it has not told anything yet');
    assert.deepEqual(await waitsFor(knowing({})), []);
    assert.deepEqual(await waitsFor(knowing(old), 'redis'), [], 'it is in no pool');
  });

  it('waits for nobody where nobody else serves', async () => {
    const dead = { core: { state: 'dead', since: NOW } } as const;
    assert.deepEqual(await waitsFor(knowing(old, dead)), []);
    const held = withNode(cluster, 'core', { held: { router: 'boot-core' } });
    assert.deepEqual(await waitsFor({ ...knowing(old), cluster: held }), []);
  });

  it('hears of it with the next report', async () => {
    assert.deepEqual(await waitsFor(knowing(old, {}, {})), []);
  });

  it('waits until the program there has the new config, and not for others of its node', async () => {
    const busy = (name: string, since: number) => ({ complete: false, busy: { [name]: since } });
    assert.deepEqual(await waitsFor(knowing(busy('load_balancer', AT))), ['lb']);
    assert.deepEqual(await waitsFor(knowing(busy('load_balancer', AT - 1))), []);
    assert.deepEqual(await waitsFor(knowing(busy('postgresql', AT))), []);
    const failure = { kind: 'reload', process: 'load_balancer', code: 'FAILED', message: 'no' };
    const failures = [failure] as Report['failures'];
    assert.deepEqual(await waitsFor(knowing({ failures })), ['lb'], 'it sends as before');
  });

  it('does not wait for a program that does not run: it may wait for the port of what stops', async () => {
    const { processes } = reportOf('lb', { load_balancer: 'STOPPED' });
    assert.deepEqual(
      await waitsFor(knowing({ processes, complete: false, busy: { load_balancer: AT } })),
      [],
    );
  });

  it('waits for one that is silent, until it is known to be gone', async () => {
    const told = (state: 'inactive' | 'dead') =>
      waitsFor(knowing(old, { lb: { state, since: NOW } }));
    assert.deepEqual([await told('inactive'), await told('dead')], [['lb'], []]);
  });

  it('does not wait for an agent of 0.1.0, which does not tell', async () => {
    const known = knowing({});
    delete (known.reports.get('lb') as Partial<Report>).content;
    assert.deepEqual(await waitsFor(known), []);
  });

  it('with its node is in the way of nobody once its goodbye was heard', async () => {
    const left = { web: { state: 'left', since: NOW } } as const;
    assert.deepEqual(await waitsFor(knowing({}), null, null), ['web']);
    assert.deepEqual(await waitsFor(knowing(old, left), null, null), ['lb']);
    assert.deepEqual(await waitsFor(knowing({}, left), null, null), []);
    const busy = { complete: false, busy: { load_balancer: 1 } };
    assert.deepEqual(await waitsFor(knowing(busy, left), null, null), ['lb'], 'since whenever');
  });

  it('of a node that was removed waits for all who send requests to anybody', () => {
    assert.deepEqual(waitsForRemoved(knowing(old)), ['core', 'web', 'lb']);
  });
});
