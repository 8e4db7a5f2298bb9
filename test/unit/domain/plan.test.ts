import assert from 'node:assert/strict';
import type { Observed } from '../../../src/domain/making/spec.ts';
import type { View } from '../../../src/domain/views/view.ts';
import { NOW } from '../../support/clusters.ts';
import { EMPTY, type Planning, planningOf } from '../../support/planning.ts';
import { testNode, testPool, testView } from '../../support/views.ts';

describe('a plan', () => {
  let planning: Planning;
  before(async () => {
    planning = await planningOf();
  });
  const kinds = (view: View, observed: Observed) => planning.kinds(view, observed);
  const settled = (observed: Observed, view: View) => planning.settled(observed, view);
  const redis = (changes: Parameters<typeof testNode>[1] = {}) =>
    testView([], { node: testNode(['redis'], changes) });

  it('brings an empty node up: what a process needs comes before the process', () => {
    const observed = { ...EMPTY, missingPackages: ['redis-server', 'unrelated'] };
    assert.deepEqual(kinds(redis(), observed), [
      'install-packages redis',
      'make-data redis',
      'write-config redis',
      'switch-config redis',
      'write-service redis',
      'start redis',
    ]);
  });

  it('stops what no role wants, but nothing that may be of a role which this kato does not know', () => {
    const running = settled(EMPTY, testView(['redis', 'postgresql']));
    const { redis, postgresql } = running.processes;
    const observed = {
      ...running,
      processes: { redis: redis!, postgresql: postgresql!, shout: redis! },
    };
    assert.deepEqual(kinds(testView(['redis']), observed), ['remove postgresql', 'remove shout']);
    assert.deepEqual(kinds(testView(['redis', 'shouting']), observed), ['remove postgresql']);
  });

  it('tells kept data of new secrets before it is used, and data in use never', () => {
    const view = testView(['postgresql']);
    const running = settled(EMPTY, view);
    const process = { ...running.processes.postgresql!, secretsHash: 'of another cluster' };
    const used = { ...running, processes: { postgresql: process } };
    assert.deepEqual(kinds(view, used), []);
    const stopped = { ...process, wantedUp: false, state: 'STOPPED' } as const;
    const kept = { ...used, processes: { postgresql: stopped } };
    assert.deepEqual(kinds(view, kept), ['set-secrets postgresql', 'start postgresql']);
    settled(kept, view);
  });

  for (const roles of [
    ['redis'],
    ['primary', 'controller', 'router'],
    ['memcached', 'postgresql'],
  ]) {
    it(`that was done leaves nothing to do: ${roles.join(', ')}`, () => {
      const pools = [testPool('controllers', 'controllers', ['10.0.0.1:9080'])];
      settled(EMPTY, testView(roles, { pools }));
    });
  }

  it('waits for what runs, and is not ready yet or keeps dying', () => {
    const view = testView(['redis']);
    const running = settled(EMPTY, view);
    for (const state of ['STARTING', 'FATAL', 'STOPPED'] as const) {
      const redis = { ...running.processes.redis!, state };
      assert.deepEqual(kinds(view, { ...running, processes: { redis } }), ['await-ready redis']);
    }
  });

  it('waits for what is reloaded while it starts, and starts anew what keeps dying', () => {
    const pools = [testPool('controllers', 'controllers', ['10.0.0.1:9080'])];
    const running = settled(EMPTY, testView(['router'], { pools }));
    const other = testView(['router'], {
      pools: [testPool('controllers', 'controllers', ['10.0.0.2:9080'])],
    });
    const ends = (['RUNNING', 'STARTING', 'FATAL'] as const).map((state) => {
      const router = { ...running.processes.router!, state };
      return kinds(other, { ...running, processes: { router } }).slice(2);
    });
    assert.deepEqual(ends, [
      ['reload router'],
      ['reload router', 'await-ready router'],
      ['restart router'],
    ]);
  });

  it('has stops before starts', () => {
    const running = settled(EMPTY, testView(['redis', 'memcached']));
    const roles = { ...testNode(['redis', 'router']).roles };
    roles.redis = { stopped: { by: 'n1', at: NOW } };
    const next = testView([], { node: testNode([], { roles }) });
    assert.deepEqual(kinds(next, running).slice(0, 2), ['remove memcached', 'stop redis']);
    assert.equal(kinds(next, running).at(-1), 'start router');
    settled(running, next);
  });

  it('has others told before what serves them stops, unless it does not serve', () => {
    const running = settled(EMPTY, testView(['router', 'redis']));
    const gone = testView([]);
    assert.deepEqual(kinds(gone, running), ['remove redis', 'leave router', 'remove router']);
    const held = testView([], {
      node: testNode(['router', 'redis'], { held: { router: 'boot-1' } }),
    });
    assert.deepEqual(kinds(held, running), ['leave router', 'stop router']);
    const router = { ...running.processes.router!, state: 'FATAL' } as const;
    const dying = { ...running, processes: { router } };
    assert.deepEqual(kinds(gone, dying), ['remove router']);
  });

  it('restarts once for each restart that was asked for', () => {
    const running = settled(EMPTY, redis());
    assert.deepEqual(kinds(redis({ restarts: { redis: 1 } }), running), ['restart redis']);
    settled(running, redis({ restarts: { redis: 1 } }));
  });

  it('waits until others know where they were told of it, and not where they know nothing', () => {
    const running = settled(EMPTY, testView(['router']));
    const roles = (since: number) => ({ router: { stopped: null, since } });
    const node = testNode(['router'], { restarts: { router: 1 }, roles: roles(7) });
    const told = testView([], { node });
    assert.deepEqual(kinds(told, running), ['leave router', 'restart router']);
    settled(running, told);
    const alone = testNode(['router'], { restarts: { router: 1 } });
    assert.deepEqual(kinds(testView([], { node: alone }), running), ['restart router']);
    const another = testView([], { node: testNode(['router'], { roles: roles(8) }) });
    const settings = { ...another.settings, router: { ...another.settings.router, http_port: 81 } };
    assert.deepEqual(
      kinds({ ...another, settings }, running).filter((step) => !/config|service/.test(step)),
      ['leave router', 'restart router'],
    );
    const router = { ...running.processes.router!, programHash: 'another' };
    const updated = { ...running, processes: { router } };
    assert.deepEqual(kinds(testView(['router']), updated), ['restart router']);
  });

  it('starts once a process that was restarted before it was there', () => {
    const view = redis({ restarts: { redis: 3 } });
    assert.equal(kinds(view, EMPTY).filter((step) => step.includes('start')).length, 1);
    settled(EMPTY, view);
  });

  it('reloads for a changed route and restarts for a changed setting of what cannot reload', () => {
    const router = (address: string) =>
      testView(['router'], { pools: [testPool('controllers', 'controllers', [address])] });
    const running = settled(EMPTY, router('10.0.0.1:9080'));
    assert.deepEqual(kinds(router('10.0.0.2:9080'), running), [
      'write-config router',
      'switch-config router',
      'reload router',
    ]);
    settled(running, router('10.0.0.2:9080'));
    const smaller = testView(['redis'], { settings: { redis: { max_memory: '64m' } } });
    const database = settled(EMPTY, redis());
    assert.equal(kinds(smaller, database).at(-1), 'restart redis');
  });

  it('loads a config again that was switched but not loaded, as after a crash', () => {
    const view = testView(['router']);
    const running = settled(EMPTY, view);
    const process = { ...running.processes.router!, loadedHash: 'before' };
    const crashed = { ...running, processes: { router: process } };
    assert.deepEqual(kinds(view, crashed), ['reload router']);
  });

  it('prepares a process that is held, and starts it no more than it stops it twice', () => {
    const held = redis({ held: { redis: 'boot-1' } });
    assert.ok(!kinds(held, EMPTY).includes('start redis'));
    const running = settled(EMPTY, redis());
    assert.deepEqual(kinds(held, running), ['stop redis']);
    settled(running, held);
  });

  it('deletes data once', () => {
    const running = settled(EMPTY, redis());
    const gone = testView([], { node: testNode([], { purged: ['redis'] }) });
    assert.deepEqual(kinds(gone, running), ['remove redis', 'purge-data redis']);
    settled(running, gone);
  });

  it('has the supervision look again at what it is wrong about, unless it restarts that anyway', () => {
    const running = settled(EMPTY, redis());
    const process = { ...running.processes.redis!, unheard: true };
    const deaf = { ...running, processes: { redis: process } };
    assert.deepEqual(kinds(redis(), deaf), ['recheck redis']);
    assert.deepEqual(kinds(redis({ restarts: { redis: 1 } }), deaf), ['restart redis']);
    assert.deepEqual(kinds(redis({ held: { redis: 'boot-1' } }), deaf), ['stop redis']);
  });

  it('writes what is around a program without restarting it', () => {
    const running = settled(EMPTY, redis());
    const process = { ...running.processes.redis!, serviceHash: 'of an earlier kato' };
    const older = { ...running, processes: { redis: process } };
    assert.deepEqual(kinds(redis(), older), ['write-service redis']);
    const other = { ...older, processes: { redis: { ...process, programHash: 'other argv' } } };
    assert.deepEqual(kinds(redis(), other), ['write-service redis', 'restart redis']);
  });
});
