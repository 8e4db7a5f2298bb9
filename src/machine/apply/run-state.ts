import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { groupFile } from '../../domain/making/s6/service-folder.ts';
import type { Listen } from '../../domain/making/spec.ts';
import type { StepOf } from '../../domain/making/step.ts';
import { exists, readIfExists, removeTree, writeFileAtomic } from '../disk/files.ts';
import { olderMark, restartsFile } from '../disk/places.ts';
import type { StartedFor } from '../disk/started-for.ts';
import { descendsFrom, groupOf, portOwner } from '../network/ports.ts';
import { type LogPlace, lastLogLines, logEnd } from '../s6/log-tail.ts';
import type { ServiceStatus } from '../s6/process-state.ts';
import {
  control,
  forgetDeaths,
  isSupervised,
  passesCheck,
  readState,
  readStatus,
  serviceOf,
  statusWithin,
  waitDown,
} from '../s6/service.ts';
import { within } from '../s6/wait.ts';
import type { ApplyContext } from './context.ts';

/** After KILL: the kernel, the finish script and s6 each take a moment. */
const KILLED_LIMIT_MS = 15_000;
/** Above the time between two checks and the limit of one, which is when a ready one is heard. */
const HEARD_MS = 8000;
/** s6 writes at once. */
const WRITTEN_MS = 1000;
const STOP_DEFAULT_MS = 20_000;
/** A tree that has just started comes to each folder in a moment. */
const SUPERVISED_LIMIT_MS = 5000;

export async function start(step: StepOf<'start'>, context: ApplyContext): Promise<void> {
  const { paths } = context;
  const folder = serviceOf(step.process, paths);
  const status = await readStatus(folder);
  const isUp = status?.up === true;
  if (!isUp) await refuseTakenPorts(step.process, step.listens, paths);
  // What an earlier process wrote says nothing about this one.
  const since = isUp ? null : await logEnd(step.process, paths);
  await bringUp(folder);
  await recordStart(step, paths);
  await waitReady(step, since, context);
}

/** What begins as it is, and is not ready yet, or keeps dying. */
export function awaitReady(step: StepOf<'await-ready'>, context: ApplyContext): Promise<void> {
  return waitReady(step, null, context);
}

export async function stop(step: StepOf<'stop'>, paths: Paths): Promise<void> {
  const folder = serviceOf(step.process, paths);
  if (!(await exists(folder))) return;
  await writeFileAtomic(`${folder}/down`, '', { mode: 0o600 });
  if (!(await isSupervised(folder))) return;
  await control(folder, 'd');
  if (!(await waitDown(folder, step.seconds * 1000))) {
    await control(folder, 'k');
    if (!(await waitDown(folder, KILLED_LIMIT_MS))) {
      throw refuse('TIMEOUT', `${step.process} does not stop`, 'it is still there after KILL');
    }
  }
  await forgetDeaths(folder);
}

/** A new instance runs afterwards, whether an old one ran before or not. */
export async function restart(step: StepOf<'restart'>, context: ApplyContext): Promise<void> {
  const { process } = step;
  const { paths } = context;
  const folder = serviceOf(process, paths);
  if (process === context.self) {
    await recordStart(step, paths);
    return control(folder, 'r');
  }
  const before = await freshStatus(process, paths);
  const since = await logEnd(process, paths);
  if (before?.up === true) await endInstance(folder, before.pid);
  await bringUp(folder);
  await recordStart(step, paths);
  await waitReady(step, since, context);
}

/**
 * One whose check succeeds, and that is not heard of for some more seconds, lost the program that
 * would say so: only a restart makes another.
 */
export async function recheck(step: StepOf<'recheck'>, context: ApplyContext): Promise<void> {
  const { process } = step;
  const folder = serviceOf(process, context.paths);
  await freshStatus(process, context.paths);
  const isReady = async () => (await readStatus(folder))?.ready === true;
  if (await statusWithin(folder, HEARD_MS, isReady, context.interrupted)) return;
  if (await passesCheck(folder)) await restart({ ...step, kind: 'restart' }, context);
}

/** s6 records its state when it is told again what to do. NO_SPACE if it cannot. */
async function freshStatus(process: string, paths: Paths): Promise<ServiceStatus | null> {
  const folder = serviceOf(process, paths);
  const isStale = async () => (await readStatus(folder))?.isStale === true;
  if (await isStale()) {
    await control(folder, 'u');
    if (!(await statusWithin(folder, WRITTEN_MS, async () => !(await isStale())))) {
      throw refuse(
        'NO_SPACE',
        `the supervision of ${process} cannot record its state`,
        `${folder} has no room, or no file can be created there`,
        'free some space or files: df -h; df -i',
      );
    }
  }
  return readStatus(folder);
}

/** A new instance has all restarts and files behind it that were asked for before. */
async function recordStart(
  { process, restarts, told = 0 }: StepOf<'start' | 'restart'>,
  paths: Paths,
): Promise<void> {
  await recordStartedFor(process, { restarts, told }, paths);
  await removeTree(serviceOf(process, paths), olderMark(process, paths));
}

/** As `startedFor` reads it. */
export async function recordStartedFor(
  process: string,
  { restarts, told }: StartedFor,
  paths: Paths,
): Promise<void> {
  const record = told === 0 ? `${restarts}\n` : `${restarts} ${told}\n`;
  await writeFileAtomic(restartsFile(process, paths), record, { mode: 0o600 });
}

async function endInstance(folder: string, pid: number | null): Promise<void> {
  const gone = async () => (await readStatus(folder))?.pid !== pid;
  const stopMs = Number(await readIfExists(`${folder}/timeout-kill`)) || STOP_DEFAULT_MS;
  await control(folder, 'r');
  if (await statusWithin(folder, stopMs, gone)) return;
  await control(folder, 'k');
  if (await statusWithin(folder, KILLED_LIMIT_MS, gone)) return;
  throw refuse('TIMEOUT', `process ${pid} does not stop`, 'it is still there after KILL');
}

/** What is to be up after a boot comes first: a crash in between is put right by the next pass. */
async function bringUp(folder: string): Promise<void> {
  await removeTree(folder, `${folder}/down`);
  await within(SUPERVISED_LIMIT_MS, () => isSupervised(folder));
  await forgetDeaths(folder);
  await control(folder, 'u');
}

async function waitReady(
  { process, readySeconds: seconds }: { process: string; readySeconds: number },
  since: LogPlace | null,
  { paths, interrupted }: ApplyContext,
): Promise<void> {
  let state = 'STARTING';
  const folder = serviceOf(process, paths);
  const isOver = async (): Promise<boolean> => {
    const now = await readState(folder);
    state = now.state;
    // One that has died often and serves now is as it should be, if it goes on for a moment.
    return state === 'RUNNING' || (state === 'FATAL' && now.status?.ready !== true);
  };
  await statusWithin(folder, seconds * 1000, isOver, interrupted);
  if (state === 'RUNNING') return;
  const lines = await lastLogLines(process, paths, since);
  throw refuse(
    'ROLE_FAILED',
    state === 'FATAL' ? `${process} keeps dying` : `${process} was not ready within ${seconds} s`,
    lines === '' ? 'it wrote nothing to its log' : `it wrote last:\n${lines}`,
    `read ${paths.log}/${process}/current; kato keeps trying`,
  );
}

/** PORT_TAKEN where a program listens there that is none of the process, nor started by the one with this pid. */
export async function refuseTakenPorts(
  process: string,
  listens: readonly Listen[],
  paths: Paths,
  pid: number | null = null,
): Promise<void> {
  const ownGroup = Number((await readIfExists(groupFile(process, paths))) ?? Number.NaN);
  for (const { address, port } of listens) {
    const owner = await portOwner(address, port);
    if (owner === null || (await groupOf(owner.pid)) === ownGroup) continue;
    if (await descendsFrom(owner.pid, pid)) continue;
    const who = owner.name ?? 'another program';
    throw refuse(
      'PORT_TAKEN',
      `port ${port} for ${process} is taken`,
      `${who}${owner.pid === null ? '' : ` (pid ${owner.pid})`} listens on ${owner.address}:${port}`,
      `stop ${who}, or give it another port`,
    );
  }
}
