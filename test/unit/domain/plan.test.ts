import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Renderer, renderer } from '../../../src/catalog/renderer.ts';
import { compileNode } from '../../../src/domain/compile/compile-node.ts';
import { sha256 } from '../../../src/domain/hash.ts';
import { pathsOf } from '../../../src/domain/paths.ts';
import { planNode } from '../../../src/domain/plan.ts';
import type { Observed, ObservedProcess, Spec } from '../../../src/domain/spec.ts';
import type { Step } from '../../../src/domain/step.ts';
import type { View } from '../../../src/domain/view.ts';
import { catalogue, NOW } from '../../support/clusters.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { testNode, testPool, testView } from '../../support/views.ts';

const EMPTY: Observed = { missingPackages: [], dataOf: [], processes: {} };

const FRESH: ObservedProcess = {
  state: 'STOPPED',
  pid: null,
  since: NOW,
  configHash: null,
  fileHashes: {},
  serviceHash: null,
  loadedHash: null,
  restarts: 0,
  wantedUp: false,
  initialized: false,
  secretsHash: null,
  hasData: false,
};

/** What is on a node after a step: the machine in small. */
function applied(observed: Observed, step: Step, spec: Spec): Observed {
  if (step.kind === 'install-packages') {
    const missing = observed.missingPackages.filter((name) => !step.packages.includes(name));
    return { ...observed, missingPackages: missing };
  }
  const { [step.process]: now = FRESH, ...others } = observed.processes;
  const become = (changes: Partial<ObservedProcess>, dataOf = observed.dataOf): Observed => ({
    ...observed,
    dataOf,
    processes: { ...others, [step.process]: { ...now, ...changes } },
  });
  const config = spec.processes.find((process) => process.name === step.process)?.config ?? null;
  const loaded: Partial<ObservedProcess> = {
    loadedHash: now.configHash,
    fileHashes: Object.fromEntries(
      (config?.files ?? []).map((file) => [file.path, sha256(file.content)]),
    ),
  };
  switch (step.kind) {
    case 'make-data':
      return become({ hasData: true }, [...observed.dataOf, step.process]);
    case 'initialize':
      return become({ initialized: true });
    case 'set-secrets':
      return become({ secretsHash: step.hash });
    case 'write-config':
      return become({});
    case 'switch-config':
      return become({ configHash: step.hash });
    case 'write-service':
      return become({ serviceHash: step.service.hash });
    case 'start':
    case 'restart':
      return become({ ...loaded, wantedUp: true, state: 'RUNNING', restarts: step.restarts });
    case 'reload':
      return become(loaded);
    case 'stop':
      return become({ wantedUp: false, state: 'STOPPED' });
    case 'remove':
      return { ...observed, processes: others };
    case 'purge-data':
      return { ...observed, dataOf: observed.dataOf.filter((name) => name !== step.process) };
  }
}

describe('a plan', () => {
  let render: Renderer;
  before(async () => {
    render = await renderer(join(import.meta.dirname, '../../..'));
  });

  const specOf = (view: View): Spec =>
    compileNode({
      view,
      secrets: viewSecrets,
      catalogue,
      render,
      paths: pathsOf('/'),
      bootId: 'boot-1',
      programs: {
        'postgresql/postgres': '/usr/lib/postgresql/15/bin/postgres',
        'postgresql/initdb': '/usr/lib/postgresql/15/bin/initdb',
        'postgresql/pg_isready': '/usr/lib/postgresql/15/bin/pg_isready',
      },
      kato: '/opt/kato/bin/kato',
    });
  const settled = (observed: Observed, view: View): Observed => {
    const spec = specOf(view);
    const then = planNode(spec, observed).reduce((now, step) => applied(now, step, spec), observed);
    assert.deepEqual(planNode(spec, then), [], 'a second plan has nothing left to do');
    return then;
  };
  const kinds = (view: View, observed: Observed) =>
    planNode(specOf(view), observed).map((step) => `${step.kind} ${step.process}`);
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

  it('tells kept data of new secrets before it is used, and data in use never', () => {
    const view = testView(['postgresql']);
    const running = settled(EMPTY, view);
    const process = { ...running.processes.postgresql!, secretsHash: 'of another cluster' };
    const used = { ...running, processes: { postgresql: process } };
    assert.deepEqual(kinds(view, used), []);
    const kept = { ...used, processes: { postgresql: { ...process, wantedUp: false } } };
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

  it('has the bus first and stops before starts', () => {
    const view = testView(['router', 'controller', 'primary']);
    const starts = kinds(view, EMPTY).filter((step) => step.startsWith('start'));
    assert.deepEqual(starts, ['start nats-server', 'start controller', 'start router']);
    const running = settled(EMPTY, testView(['redis', 'memcached']));
    const roles = { ...testNode(['redis', 'router']).roles };
    roles.redis = { stopped: { by: 'n1', at: NOW } };
    const next = testView([], { node: testNode([], { roles }) });
    assert.deepEqual(kinds(next, running).slice(0, 2), ['remove memcached', 'stop redis']);
    assert.equal(kinds(next, running).at(-1), 'start router');
    settled(running, next);
  });

  it('restarts once for each restart that was asked for', () => {
    const running = settled(EMPTY, redis());
    assert.deepEqual(kinds(redis({ restarts: { redis: 1 } }), running), ['restart redis']);
    settled(running, redis({ restarts: { redis: 1 } }));
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
});
