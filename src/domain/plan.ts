import { sha256 } from './hash.ts';
import type { Observed, ObservedProcess, ProcessSpec, Spec } from './spec.ts';
import type { Step } from './step.ts';

/** Time for a process to stop whose definition is gone. */
const REMOVE_SECONDS = 20;

/**
 * The steps that lead from what is observed to the spec. Stops come first, then each process in
 * the spec's order; inside a process, what it needs comes before what uses it. A failed step ends
 * the steps of its process, never those of another.
 */
export function planNode(spec: Spec, observed: Observed): Step[] {
  const wanted = wantedIn(spec);
  const unassigned = Object.keys(observed.processes).filter((name) => !wanted.has(name));
  return [
    ...unassigned.map((name): Step => ({ kind: 'remove', process: name, seconds: REMOVE_SECONDS })),
    ...spec.purge
      .filter((purge) => observed.dataOf.includes(purge.process))
      .map((purge): Step => ({ kind: 'purge-data', ...purge })),
    ...spec.processes.flatMap((process) => stopStep(process, observed.processes[process.name])),
    ...spec.processes.flatMap((process) => processSteps(process, observed)),
  ];
}

/** Names of all processes that the node's roles have. */
function wantedIn({ processes, broken }: Spec): Set<string> {
  return new Set([
    ...processes.map((process) => process.name),
    ...broken.map(({ process }) => process),
  ]);
}

function stopStep(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  if (process.up || now === undefined || !now.wantedUp) return [];
  return [{ kind: 'stop', process: process.name, seconds: process.stop.seconds }];
}

function processSteps(process: ProcessSpec, observed: Observed): Step[] {
  const now = observed.processes[process.name];
  const missing = process.packages.filter((name) => observed.missingPackages.includes(name));
  const steps: Step[] = [];
  if (missing.length > 0) {
    steps.push({ kind: 'install-packages', process: process.name, packages: missing });
  }
  steps.push(
    ...dataSteps(process, now),
    ...configSteps(process, now),
    ...initializeSteps(process, now),
    ...secretSteps(process, now),
  );
  if (now?.serviceHash !== process.service.hash) {
    steps.push({ kind: 'write-service', process: process.name, service: process.service });
  }
  return [...steps, ...runSteps(process, now)];
}

function dataSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, dataFolder: folder, user } = process;
  if (folder === null || now?.hasData === true) return [];
  return [{ kind: 'make-data', process: name, folder, user }];
}

function configSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, config, user } = process;
  if (config === null || now?.configHash === config.hash) return [];
  return [
    { kind: 'write-config', process: name, user, config },
    { kind: 'switch-config', process: name, hash: config.hash },
  ];
}

/** After the config, which a first run may read. */
function initializeSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, dataFolder: folder, user, initialize } = process;
  if (folder === null || initialize === null || now?.initialized === true) return [];
  return [{ kind: 'initialize', process: name, folder, user, ...initialize }];
}

/** Secrets do not change under a process that runs: a node has them for as long as it is a node. */
function secretSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, dataFolder: folder, user, setSecrets } = process;
  if (folder === null || setSecrets === null) return [];
  if (now?.wantedUp === true || now?.secretsHash === setSecrets.hash) return [];
  return [{ kind: 'set-secrets', process: name, folder, user, ...setSecrets }];
}

function runSteps(process: ProcessSpec, now: ObservedProcess | undefined): Step[] {
  const { name, readySeconds, restarts, listens, config, reloadSignal } = process;
  if (!process.up) return [];
  if (now === undefined || !now.wantedUp) {
    return [{ kind: 'start', process: name, readySeconds, listens, restarts }];
  }
  if (needsRestart(process, now))
    return [{ kind: 'restart', process: name, restarts, readySeconds }];
  if (config === null || now.loadedHash === config.hash) return [];
  return reloadSignal === null
    ? [{ kind: 'restart', process: name, restarts, readySeconds }]
    : [{ kind: 'reload', process: name, signal: reloadSignal, hash: config.hash }];
}

function needsRestart(process: ProcessSpec, now: ObservedProcess): boolean {
  if (now.serviceHash !== process.service.hash || now.restarts < process.restarts) return true;
  const { config } = process;
  if (config === null || now.loadedHash === config.hash) return false;
  return config.files.some(
    (file) => file.change === 'restart' && now.fileHashes[file.path] !== sha256(file.content),
  );
}
