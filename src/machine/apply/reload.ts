import { type KatoError, refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { StepOf } from '../../domain/making/step.ts';
import { exists, readLinkIfExists, switchLink } from '../disk/files.ts';
import { configOf } from '../disk/places.ts';
import { startedFor } from '../disk/started-for.ts';
import { type LogPlace, lastLogLines, logEnd } from '../s6/log-tail.ts';
import { control, readStatus, serviceOf, statusWithin } from '../s6/service.ts';
import { within } from '../s6/wait.ts';
import type { ApplyContext } from './context.ts';
import { awaitTurn } from './reload-turn.ts';
import { recordStartedFor } from './run-state.ts';
import { witnessOf, workersOf } from './witness.ts';

/** A bus with thousands of users takes a second or two. */
const CONFIRM_LIMIT_MS = 5000;
/** One that does not get ready may need the new config for it: it gets the signal all the same. */
const START_LIMIT_MS = 5000;
/** The letters of `s6-svc` for the signals that reload. */
const LETTERS: Record<string, string> = { HUP: 'h', USR1: '1', USR2: '2' };

/** A process that is down needs none: it records what it loads when it starts. */
export async function reload(step: StepOf<'reload'>, context: ApplyContext): Promise<void> {
  const { paths, interrupted } = context;
  const folder = serviceOf(step.process, paths);
  const letter = LETTERS[step.signal];
  if (letter === undefined) throw refuse('BAD_VALUE', `no reload by signal ${step.signal}`);
  const pid = await startedPid(folder, interrupted);
  const loaded = `${configOf(step.process, paths)}/loaded`;
  if (pid === null || (await readLinkIfExists(loaded)) === step.hash) return;
  const living = await workersOf(pid);
  if (living !== null) await awaitTurn(folder, living, interrupted);
  const isTaken = await witnessOf(step.confirm, pid);
  const since = await logEnd(step.process, paths);
  await control(folder, letter);
  // A config that passed its check may still fail to load: a port that is taken, say.
  if (isTaken !== null && !(await within(CONFIRM_LIMIT_MS, isTaken))) {
    await goBack(step.process, paths);
    throw await refusal(step.process, since, paths);
  }
  if (step.told !== undefined) await recordTold(step.process, step.told, paths);
  if ((await readLinkIfExists(loaded)) !== step.hash) await switchLink(loaded, step.hash);
}

/** Most reloads are for what other nodes do. */
async function recordTold(process: string, told: number, paths: Paths): Promise<void> {
  const before = await startedFor(process, paths);
  if (before.told !== told) await recordStartedFor(process, { ...before, told }, paths);
}

/** In the middle of its start a program would die of the signal, or forget it. */
async function startedPid(folder: string, interrupted?: AbortSignal): Promise<number | null> {
  let pid: number | null = null;
  const hasStarted = async (): Promise<boolean> => {
    const status = await readStatus(folder);
    pid = status?.pid ?? null;
    return pid === null || status?.ready === true;
  };
  await statusWithin(folder, START_LIMIT_MS, hasStarted, interrupted);
  return pid;
}

/** What a restart would load is again what runs: a config that was refused brings nothing down later. */
async function goBack(process: string, paths: Paths): Promise<void> {
  const parent = configOf(process, paths);
  const loaded = await readLinkIfExists(`${parent}/loaded`);
  if (loaded === null || !(await exists(`${parent}/${loaded}`))) return;
  await switchLink(`${parent}/current`, loaded);
}

async function refusal(process: string, since: LogPlace | null, paths: Paths): Promise<KatoError> {
  const lines = await lastLogLines(process, paths, since);
  return refuse(
    'CONFIG_REFUSED',
    `${process} did not take its new config`,
    lines === '' ? 'it wrote nothing to its log' : `it wrote:\n${lines}`,
    'it keeps the old one; correct what it names, and kato tries again',
  );
}
