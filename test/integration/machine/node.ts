import { mkdtemp, rm } from 'node:fs/promises';
import { startLane } from '../../../src/agent/lanes/lane.ts';
import { startLanes } from '../../../src/agent/lanes/lanes.ts';
import { leaves, processUnits, wishOf } from '../../../src/agent/lanes/process-unit.ts';
import type { PassContext } from '../../../src/agent/look.ts';
import type { ErrorRecord } from '../../../src/domain/base/error-codes.ts';
import { hashOf } from '../../../src/domain/base/hash.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { serviceFolder } from '../../../src/domain/making/s6/service-folder.ts';
import type {
  ConfigFile,
  ObservedProcess,
  ProcessSpec,
  Spec,
} from '../../../src/domain/making/spec.ts';
import type { DataStep, Report } from '../../../src/domain/making/step.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { readIfExists } from '../../../src/machine/disk/files.ts';
import type { Delivery } from '../../../src/machine/node/ledger.ts';
import { observe } from '../../../src/machine/observe.ts';
import { shutdownSupervision } from '../../../src/machine/s6/shutdown.ts';
import { bootSupervision } from '../../../src/machine/s6/supervision.ts';
import { PLAIN_PROCESS } from '../../support/specs.ts';
import { until } from '../../support/until.ts';

/** A node below a root of its own, as far as the machine folder goes. */
export async function testNode(
  prepare: (paths: Paths) => Promise<unknown> = async () => undefined,
): Promise<Paths> {
  const root = await mkdtemp('/tmp/kato-machine-');
  const paths = pathsOf(root);
  await prepare(paths);
  await bootSupervision(paths);
  return paths;
}

export async function endNode(paths: Paths): Promise<void> {
  await shutdownSupervision(paths);
  await rm(paths.root, { recursive: true, force: true, maxRetries: 20 });
}

/** What a power cut leaves: the disk, and no process. */
export async function powerCut(paths: Paths): Promise<void> {
  const { stdout } = await run(['pgrep', '-f', `^s6-svscan .*${paths.service}$`]);
  const victims = await withDescendants(Number(stdout));
  for (const pid of victims) process.kill(pid, 'SIGSTOP');
  for (const pid of victims) process.kill(pid, 'SIGKILL');
  await until(async () => (await Promise.all(victims.map(isGone))).every(Boolean), {
    what: 'all is dark',
    seconds: 5,
  });
  await rm(paths.run, { recursive: true });
}

async function withDescendants(root: number): Promise<number[]> {
  const { stdout } = await run(['ps', '-eo', 'pid=,ppid=']);
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const parent of found) {
    found.push(...pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid!));
  }
  return found;
}

/** Also of one that nobody has reaped yet. */
export async function isGone(pid: number): Promise<boolean> {
  const status = await readIfExists(`/proc/${pid}/status`);
  return status === null || /^State:\tZ/m.test(status);
}

export function processSpec(
  paths: Paths,
  given: Partial<ProcessSpec> & { name: string; argv: string[] },
): ProcessSpec {
  const process = { ...PLAIN_PROCESS, stop: { signal: 'TERM', seconds: 5 }, ...given };
  return { ...process, service: serviceFolder(process, paths) };
}

export function configOf(files: Record<string, string>, check: string[] | null) {
  const list: ConfigFile[] = Object.entries(files).map(([path, content]) => ({
    path,
    mode: 0o640,
    content,
    change: 'reload',
  }));
  return { hash: hashOf(list).slice(0, 16), files: list, check };
}

/** What steps say of the data of a process. */
export function dataOf({ name, dataFolder, user, initialize }: ProcessSpec): DataStep {
  const marker = initialize?.marker ?? null;
  return { process: name, role: name, node: 'here', folder: dataFolder!, user, marker };
}

/** All steps that lead to the process as given, running. */
export async function install(spec: ProcessSpec, paths: Paths): Promise<void> {
  const { name: process, dataFolder: folder, config, service } = spec;
  const { listens, readySeconds, restarts, after } = spec;
  const context = { paths, self: null };
  if (folder !== null) await applyStep({ kind: 'make-data', ...dataOf(spec) }, context);
  if (config !== null) await switchTo(spec, paths);
  await applyStep({ kind: 'write-service', process, service }, context);
  await applyStep({ kind: 'start', process, readySeconds, listens, restarts, after }, context);
}

const QUIET = { onStep: () => undefined, onSettled: () => undefined, onRetry: () => undefined };

/** What the lanes of an agent do, once. Hands back what failed. */
export async function onePass(
  processes: ProcessSpec[],
  paths: Paths,
  purge: Spec['purge'] = [],
): Promise<ErrorRecord[]> {
  const version = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1' };
  const spec = { version, node: 'here', processes, broken: [], serving: [], purge };
  const kind = processUnits(
    { paths },
    {
      onPlan: () => undefined,
      startAfter: async () => undefined,
      freePorts: async () => undefined,
      leave: async () => undefined,
      lookAgain: async () => undefined,
    },
  );
  const named = [...processes.map(({ name }) => name), ...purge.map(({ process }) => process)];
  const names = [...new Set([...named, ...Object.keys((await observe(paths)).processes)])];
  const failed: ErrorRecord[] = [];
  const done = async (name: string): Promise<void> => {
    const lane = startLane(kind, QUIET);
    lane.want(wishOf(spec, name));
    await lane.settled();
    if (lane.failure !== null) failed.push(lane.failure.error);
    await lane.end();
  };
  const isLeaving = (name: string): boolean => leaves(wishOf(spec, name));
  await Promise.all(names.filter(isLeaving).map(done));
  await Promise.all(names.filter((name) => !isLeaving(name)).map(done));
  return failed;
}

/** What an agent makes of what it is told, until all of it is done or has failed. */
export async function passOf(
  context: PassContext,
  delivery: Delivery,
): Promise<Pick<Report, 'steps' | 'failures'>> {
  const done = Promise.withResolvers<void>();
  const onDone = async (): Promise<void> => done.resolve();
  const nothing = (): undefined => undefined;
  const events = {
    onChange: nothing,
    onRetry: nothing,
    leave: async () => undefined,
    log: nothing,
  };
  const lanes = startLanes(context, { ...events, onDone });
  await lanes.take(delivery);
  await done.promise;
  await lanes.end();
  return lanes.done;
}

export async function switchTo(spec: ProcessSpec, paths: Paths): Promise<void> {
  const { name: process, user, config } = spec;
  const context = { paths, self: null };
  await applyStep({ kind: 'write-config', process, user, config: config! }, context);
  await applyStep({ kind: 'switch-config', process, hash: config!.hash }, context);
}

export async function look(name: string, paths: Paths): Promise<ObservedProcess> {
  return (await observe(paths)).processes[name]!;
}
