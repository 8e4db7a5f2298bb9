import { sha256 } from '../base/hash.ts';
import { isDataFault } from './data-state.ts';
import type { Observed, ObservedProcess, ProcessSpec, Spec } from './spec.ts';
import type { DataStep, Step } from './step.ts';

/** Time for a process to stop whose definition is gone. */
const REMOVE_SECONDS = 20;
/** Time for others to send it nothing any more. It stops then in any case. */
export const LEAVE_SECONDS = 5;

/**
 * The steps that lead from what is observed to the spec, of one process or of many: those of each do not
 * depend on the others. Inside a process, what it needs comes before what uses it.
 */
export function planNode(spec: Spec, observed: Observed): Step[] {
  const wanted = wantedIn(spec);
  const unassigned = Object.keys(observed.processes)
    .filter((name) => !wanted.has(name))
    .filter((name) => spec.known?.includes(name) ?? true);
  return [
    ...unassigned.flatMap((name): Step[] => [
      ...leaveSteps(name, spec, observed.processes[name]),
      { kind: 'remove', process: name, seconds: REMOVE_SECONDS },
    ]),
    ...spec.purge
      .filter((purge) => observed.dataOf.includes(purge.process))
      .map((purge): Step => ({ kind: 'purge-data', ...purge })),
    ...spec.processes.flatMap((process) =>
      stopSteps(process, spec, observed.processes[process.name]),
    ),
    ...spec.processes.flatMap((process) => processSteps(process, spec, observed)),
  ];
}

/** Names of all processes that the node's roles have. */
function wantedIn({ processes, broken }: Spec): Set<string> {
  return new Set([
    ...processes.map((process) => process.name),
    ...broken.map(({ process }) => process),
  ]);
}

function stopSteps(
  { name, up, stop }: ProcessSpec,
  spec: Spec,
  now: ObservedProcess | undefined,
): Step[] {
  if (up || now === undefined || !now.wantedUp) return [];
  return [...leaveSteps(name, spec, now), { kind: 'stop', process: name, seconds: stop.seconds }];
}

/** Nobody misses what does not serve. */
function leaveSteps(
  process: string,
  { serving, version }: Spec,
  now: ObservedProcess | undefined,
): Step[] {
  if (now?.state !== 'RUNNING' || !serving.includes(process)) return [];
  return [{ kind: 'leave', process, revision: version.revision, seconds: LEAVE_SECONDS }];
}

function processSteps(process: ProcessSpec, spec: Spec, observed: Observed): Step[] {
  const now = observed.processes[process.name];
  if (now !== undefined && isDataFault(now.data)) return faultSteps(process, spec, now);
  const missing = process.packages.filter((name) => observed.missingPackages.includes(name));
  const steps: Step[] = [];
  if (missing.length > 0) {
    steps.push({ kind: 'install-packages', process: process.name, packages: missing });
  }
  const secrets = secretSteps(process, spec, now);
  const isDown = secrets.some((step) => step.kind === 'stop');
  const config = configSteps(process, now);
  const firstRun = initializeSteps(process, spec, now);
  steps.push(
    ...dataSteps(process, spec, now),
    // A check may look at the data; what makes the data may read the config.
    ...(process.initialize?.readsConfig === true
      ? [...config, ...firstRun]
      : [...firstRun, ...config]),
    ...secrets,
  );
  if (now?.serviceHash !== process.service.hash) {
    steps.push({ kind: 'write-service', process: process.name, service: process.service });
  }
  const run = runSteps(process, isDown ? { ...now!, wantedUp: false } : now);
  return [
    ...steps,
    ...(isTold(run, process, now) ? leaveSteps(process.name, spec, now) : []),
    ...run,
  ];
}

/** Of what somebody asked for pools were told; of a restart that follows from something else they know nothing. */
function isTold(
  run: readonly Step[],
  { told = 0 }: ProcessSpec,
  now: ObservedProcess | undefined,
): boolean {
  const isBroken = run.some(({ kind }) => kind === 'restart' || kind === 'reload');
  return isBroken && now !== undefined && now.told < told;
}

/**
 * Nothing is made, changed or started without the data. A process that waits for it goes on
 * waiting, and one that has it open keeps what it has; none runs on other data.
 */
function faultSteps(process: ProcessSpec, spec: Spec, now: ObservedProcess): Step[] {
  const data = dataStep(process, spec);
  if (!process.up || data === null) return [];
  const find: Step = { kind: 'find-data', ...data };
  if (now.data !== 'other' || !now.wantedUp) return [find];
  return [{ kind: 'stop', process: process.name, seconds: process.stop.seconds }, find];
}

function dataStep(process: ProcessSpec, { node }: Spec): DataStep | null {
  const { name, dataFolder: folder, user, initialize, roles, ofCore } = process;
  if (folder === null) return null;
  const marker = initialize?.marker ?? null;
  const role = ofCore ? null : (roles[0] ?? name);
  return { process: name, role, node, folder, user, marker };
}

function dataSteps(process: ProcessSpec, spec: Spec, now: ObservedProcess | undefined): Step[] {
  const data = dataStep(process, spec);
  if (data === null) return [];
  const state = now?.data ?? 'none';
  if (state === 'none') return [{ kind: 'make-data', ...data }];
  return state === 'unmarked' ? [{ kind: 'adopt-data', ...data }] : [];
}

export function configSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, config, user } = process;
  if (config === null || now?.configHash === config.hash) return [];
  return [
    { kind: 'write-config', process: name, user, config },
    { kind: 'switch-config', process: name, hash: config.hash },
  ];
}

/** Data that there was once is never made again. */
function initializeSteps(
  process: ProcessSpec,
  spec: Spec,
  now: ObservedProcess | undefined,
): Step[] {
  const data = dataStep(process, spec);
  const { initialize } = process;
  const state = now?.data ?? 'none';
  if (data === null || initialize === null || (state !== 'none' && state !== 'begun')) return [];
  return [{ kind: 'initialize', ...data, argv: initialize.argv, marker: initialize.marker }];
}

/**
 * Secrets do not change under a running process: a node has them for as long as it is a node. A
 * process that was waiting for data which a person then brought must be told its secret before it
 * starts.
 */
function secretSteps(process: ProcessSpec, spec: Spec, now: ObservedProcess | undefined): Step[] {
  const data = dataStep(process, spec);
  const { name, setSecrets, stop } = process;
  if (data === null || setSecrets === null || now?.secretsHash === setSecrets.hash) return [];
  if (now?.state === 'RUNNING') return [];
  const set: Step = { kind: 'set-secrets', ...data, ...setSecrets };
  if (now?.wantedUp !== true) return [set];
  return [{ kind: 'stop', process: name, seconds: stop.seconds }, set];
}

export function runSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, readySeconds, listens, after, config, reloadSignal } = process;
  const told = process.told === undefined ? {} : { told: process.told };
  const wish = { restarts: process.restarts, ...told };
  const { reloadConfirm: confirm } = process;
  if (!process.up) return [];
  if (now === undefined || !now.wantedUp) {
    return [{ kind: 'start', process: name, readySeconds, listens, ...wish, after }];
  }
  if (needsRestart(process, now))
    return [{ kind: 'restart', process: name, ...wish, readySeconds }];
  const awaited: Step[] =
    now.state === 'RUNNING' ? [] : [{ kind: 'await-ready', process: name, readySeconds }];
  if (now.unheard) return [{ kind: 'recheck', process: name, ...wish, readySeconds }, ...awaited];
  if (config === null || now.loadedHash === config.hash) return awaited;
  return reloadSignal === null || now.state === 'FATAL'
    ? [{ kind: 'restart', process: name, ...wish, readySeconds }]
    : [
        {
          kind: 'reload',
          process: name,
          signal: reloadSignal,
          confirm,
          hash: config.hash,
          ...told,
        },
        ...awaited,
      ];
}

function needsRestart(process: ProcessSpec, now: ObservedProcess): boolean {
  if (now.programHash !== process.service.programHash) return true;
  if (now.restarts < process.restarts) return true;
  const { config } = process;
  if (config === null || now.loadedHash === config.hash) return false;
  return config.files.some(
    (file) => file.change === 'restart' && now.fileHashes[file.path] !== sha256(file.content),
  );
}
