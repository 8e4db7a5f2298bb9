import assert from 'node:assert/strict';
import { join } from 'node:path';
import { renderer } from '../../src/catalog/renderer.ts';
import { sha256 } from '../../src/domain/base/hash.ts';
import { compileNode } from '../../src/domain/making/compile-node.ts';
import { pathsOf } from '../../src/domain/making/paths.ts';
import { planNode } from '../../src/domain/making/plan.ts';
import type { Observed, ObservedProcess, Spec } from '../../src/domain/making/spec.ts';
import type { Step } from '../../src/domain/making/step.ts';
import type { View } from '../../src/domain/views/view.ts';
import { catalogue, NOW } from './clusters.ts';
import { viewSecrets } from './nginx-views.ts';

/** Plans for views, and what becomes of a node by them. */
export interface Planning {
  /** The steps, as `kind process`. */
  kinds(view: View, observed: Observed): string[];
  /** What is on the node when all is done; a second plan must have nothing left to do. */
  settled(observed: Observed, view: View): Observed;
}

/** All that should be on the node of a view. */
export async function compiled(
  view: View,
  secrets: Readonly<Record<string, string>>,
): Promise<Spec> {
  return (await compiler())(view, secrets);
}

export async function planningOf(): Promise<Planning> {
  const compile = await compiler();
  const specOf = (view: View): Spec => compile(view, viewSecrets);
  const settled = (observed: Observed, view: View): Observed => {
    const spec = specOf(view);
    const then = planNode(spec, observed).reduce((now, step) => applied(now, step, spec), observed);
    assert.deepEqual(planNode(spec, then), [], 'a second plan has nothing left to do');
    return then;
  };
  const kinds = (view: View, observed: Observed) =>
    planNode(specOf(view), observed).map((step) => `${step.kind} ${step.process}`);
  return { kinds, settled };
}

async function compiler(): Promise<
  (view: View, secrets: Readonly<Record<string, string>>) => Spec
> {
  const render = await renderer(join(import.meta.dirname, '../..'));
  return (view, secrets) =>
    compileNode({
      view,
      secrets,
      catalogue,
      render,
      paths: pathsOf('/'),
      bootId: 'boot-1',
      programs: {
        'postgresql/postgres': '/usr/lib/postgresql/15/bin/postgres',
        'postgresql/initdb': '/usr/lib/postgresql/15/bin/initdb',
        'postgresql/psql': '/usr/lib/postgresql/15/bin/psql',
        'postgresql/pg_isready': '/usr/lib/postgresql/15/bin/pg_isready',
      },
      kato: '/opt/kato/bin/kato',
    });
}

export const EMPTY: Observed = { missingPackages: [], dataOf: [], processes: {} };

const FRESH: ObservedProcess = {
  state: 'STOPPED',
  pid: null,
  since: NOW,
  configHash: null,
  fileHashes: {},
  serviceHash: null,
  loadedHash: null,
  restarts: 0,
  told: 0,
  wantedUp: false,
  programHash: null,
  unheard: false,
  data: 'none',
  secretsHash: null,
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
  const owned = [...observed.dataOf, step.process];
  const config = spec.processes.find((process) => process.name === step.process)?.config ?? null;
  const loaded: Partial<ObservedProcess> = {
    loadedHash: now.configHash,
    fileHashes: Object.fromEntries(
      (config?.files ?? []).map((file) => [file.path, sha256(file.content)]),
    ),
  };
  switch (step.kind) {
    case 'make-data':
      return step.marker === null ? become({ data: 'ready' }, owned) : become({});
    case 'adopt-data':
    case 'initialize':
      return become({ data: 'ready' }, owned);
    case 'leave':
    case 'find-data':
      return observed;
    case 'set-secrets':
      return become({ secretsHash: step.hash });
    case 'write-config':
      return become({});
    case 'switch-config':
      return become({ configHash: step.hash });
    case 'write-service':
      return become({ serviceHash: step.service.hash, programHash: step.service.programHash });
    case 'recheck':
      return become({ unheard: false });
    case 'start':
    case 'restart':
      return become({
        ...loaded,
        wantedUp: true,
        state: 'RUNNING',
        restarts: step.restarts,
        told: step.told ?? 0,
      });
    case 'reload':
      return become(loaded);
    case 'await-ready':
      return become({ state: 'RUNNING' });
    case 'stop':
      return become({ wantedUp: false, state: 'STOPPED' });
    case 'remove':
      return { ...observed, processes: others };
    case 'purge-data':
      return { ...observed, dataOf: observed.dataOf.filter((name) => name !== step.process) };
  }
}
