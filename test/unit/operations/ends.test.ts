import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { changeSetting } from '../../../src/domain/document/setting-changes.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import { NO_VERDICTS, type Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import { endsByNow, openChange, takeEnds } from '../../../src/operations/following/ends.ts';
import { endOfTurn } from '../../../src/operations/following/turns.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { asked, catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { contentsOf } from '../../support/views.ts';

const before = clusterWith({ a: ['redis'], b: ['redis'] });
const UP = { stopped: null };

function knownOf(
  cluster: Cluster,
  reports: Record<string, Partial<Report>> = {},
  silent: Verdicts['silent'] = {},
): Knowledge {
  const contents = contentsOf(cluster);
  const all = Object.keys(cluster.nodes).map((id): [string, Report] => [
    id,
    { ...reportOf(id, {}), content: contents.contentOf(id), complete: true, ...reports[id] },
  ]);
  return {
    ...{ cluster, catalogue, contents, version: contents.version },
    verdicts: { ...NO_VERDICTS, silent },
    reports: new Map(all),
  } as unknown as Knowledge;
}

/** memcached is added to a. */
const added = {
  ...withNode(before, 'a', { roles: { ...before.nodes.a!.roles, memcached: UP } }),
  revision: 2,
};
const operation = (touched: string[]) => ({ id: 'op', revision: 2, result: null, touched });
const atWork = { a: { complete: false, busy: { memcached: 2 } } };

describe('what becomes of a change', () => {
  it('is known when its node is done with it, or has failed', () => {
    const change = openChange(operation(['a']), before, added, 0);
    assert.equal(takeEnds(knownOf(added, atWork), change), false);
    assert.equal(takeEnds(knownOf(added), change), true);
    assert.deepEqual(change.ends, [{ node: 'a', outcome: 'done' }]);
    const failing = openChange(operation(['a']), before, added, 0);
    const error = { code: 'PORT_TAKEN', message: 'taken', why: 'by nc' } as const;
    const failures = [{ kind: 'start', process: 'memcached', ...error } as const];
    assert.equal(takeEnds(knownOf(added, { a: { failures } }), failing), true);
    assert.deepEqual(failing.ends, [{ node: 'a', outcome: 'failed', ...error }]);
  });

  it('is late where its node is gone, or never ends it', () => {
    const change = openChange(operation(['a', 'b']), before, added, 0);
    const dead = { b: { state: 'dead', since: NOW } } as const;
    const known = knownOf(added, atWork, dead);
    assert.equal(takeEnds(known, change), false);
    assert.deepEqual(endsByNow(known, change), [
      { node: 'b', outcome: 'late', message: 'it is dead' },
      { node: 'a', outcome: 'late', message: 'it was not done in time' },
    ]);
  });

  it('is superseded where something else was wanted of what was under way', () => {
    const change = openChange(operation(['a']), before, added, 0);
    takeEnds(knownOf(added, atWork), change);
    const other = withNode(added, 'a', { roles: { ...added.nodes.a!.roles, router: UP } });
    const more = { ...other, revision: 3 };
    assert.equal(takeEnds(knownOf(more, atWork), change), false, 'that is another matter');
    const removed = { ...before, revision: 3 };
    assert.equal(takeEnds(knownOf(removed), change), true);
    assert.equal(change.ends[0]!.outcome, 'superseded');
  });

  it('is done where it was not seen to be under way: nothing is said that nobody has seen', () => {
    const change = openChange(operation(['a']), before, added, 0);
    assert.equal(takeEnds(knownOf({ ...before, revision: 3 }), change), true);
    assert.equal(change.ends[0]!.outcome, 'done');
  });

  it('is superseded for a setting that was taken back on its way', () => {
    const set = (cluster: Cluster, value: string) => ({
      ...changeSetting(
        cluster,
        { component: 'redis', key: 'max_memory', act: 'set', value },
        asked(),
      ).cluster,
      revision: cluster.revision + 1,
    });
    const first = set(before, '1g');
    const change = openChange(operation(['a', 'b']), before, first, 0);
    const back = set(first, String(catalogue.roles.get('redis')!.settings.max_memory!.default));
    takeEnds(knownOf(back), change);
    assert.deepEqual(
      change.ends.map(({ outcome }) => outcome),
      ['superseded', 'superseded'],
    );
  });
});

describe('the turn of a node', () => {
  const set = { component: 'redis', key: 'max_memory', act: 'set', value: '1g' } as const;
  const rolling = { ...changeSetting(before, set, asked()).cluster, revision: 2 };
  const running = { state: 'RUNNING', pid: 1, since: NOW, held: false } as const;
  const endWith = (report: Partial<Report>, silent: Verdicts['silent'] = {}) =>
    endOfTurn(knownOf(rolling, { a: report }, silent), 'redis');

  it('is over when its role runs with the setting', () => {
    assert.equal(endWith({ processes: { redis: running } }), 'over');
    assert.equal(endWith({ processes: { redis: running }, content: 'another' }), null);
    assert.equal(
      endWith({ processes: { redis: running }, complete: false, busy: { redis: 2 } }),
      null,
    );
    assert.equal(endWith({ processes: { redis: { ...running, state: 'STARTING' } } }), null);
  });

  it('is over, too, when nobody is there any more whose turn it could be', () => {
    assert.equal(endWith({ processes: {} }, { a: { state: 'dead', since: NOW } }), 'over');
    const { a: _, ...nodes } = rolling.nodes;
    assert.equal(endOfTurn(knownOf({ ...rolling, nodes }), 'redis'), 'over');
  });

  it('ends with what failed of its role, and not of another', () => {
    const failure = { kind: 'restart', code: 'FAILED', message: 'no' } as const;
    const failed = (process: string) =>
      endWith({ processes: { redis: running }, failures: [{ ...failure, process }] });
    assert.deepEqual(failed('redis'), { code: 'FAILED', message: 'no' });
    assert.equal(failed('memcached'), 'over');
    const dying = endWith({ processes: { redis: { ...running, state: 'FATAL' } } });
    assert.deepEqual(dying, { code: 'ROLE_FAILED', message: 'redis keeps dying' });
  });
});
