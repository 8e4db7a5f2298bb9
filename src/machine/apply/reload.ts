import { readFile } from 'node:fs/promises';
import { refuse } from '../../domain/error.ts';
import type { Paths } from '../../domain/paths.ts';
import type { StepOf } from '../../domain/step.ts';
import { readLinkIfExists, switchLink } from '../files.ts';
import { lastLogLines } from '../log-tail.ts';
import { configOf } from '../places.ts';
import { control, readStatus, serviceOf, statusWithin } from '../service.ts';
import { within } from '../wait.ts';
import { awaitTurn } from './reload-turn.ts';

const CONFIRM_LIMIT_MS = 5000;
/** One that does not get ready may need the new config for it: it gets the signal all the same. */
const START_LIMIT_MS = 5000;
/** The letters of `s6-svc` for the signals that reload. */
const LETTERS: Record<string, string> = { HUP: 'h', USR1: '1', USR2: '2' };

/** A process that is down needs none: it records what it loads when it starts. */
export async function reload(step: StepOf<'reload'>, paths: Paths): Promise<void> {
  const folder = serviceOf(step.process, paths);
  const letter = LETTERS[step.signal];
  if (letter === undefined) throw refuse('BAD_VALUE', `no reload by signal ${step.signal}`);
  const pid = await startedPid(folder);
  const loaded = `${configOf(step.process, paths)}/loaded`;
  if (pid === null || (await readLinkIfExists(loaded)) === step.hash) return;
  const living = await workersOf(pid);
  if (living !== null) await awaitTurn(folder, living);
  const before = await workersOf(pid);
  await control(folder, letter);
  if (before !== null) await confirmNewWorkers(pid, before, step.process, paths);
  if ((await readLinkIfExists(loaded)) !== step.hash) await switchLink(loaded, step.hash);
}

/** In the middle of its start a program would die of the signal, or forget it. */
async function startedPid(folder: string): Promise<number | null> {
  let pid: number | null = null;
  await statusWithin(folder, START_LIMIT_MS, async () => {
    const status = await readStatus(folder);
    pid = status?.pid ?? null;
    return pid === null || status?.ready === true;
  });
  return pid;
}

/**
 * A config that passed its check may still fail to load: a port that is taken, say. The new one is
 * in force when there are new workers and the old ones take no request any more.
 */
async function confirmNewWorkers(
  master: number,
  before: Set<string>,
  process: string,
  paths: Paths,
): Promise<void> {
  const confirmed = await within(CONFIRM_LIMIT_MS, async () => {
    const now = [...((await nginxWorkers(master)) ?? [])];
    if (now.every((worker) => before.has(worker))) return false;
    const old = now.filter((worker) => before.has(worker));
    return (await Promise.all(old.map(isEnding))).every((ending) => ending);
  });
  if (confirmed) return;
  throw refuse(
    'CONFIG_REFUSED',
    `${process} did not take its new config`,
    `it wrote last:\n${await lastLogLines(process, paths)}`,
    'it goes on with the old one; correct what it names, and it is tried again',
  );
}

/** nginx listens before it takes signals: it takes them when it has workers. */
async function workersOf(pid: number): Promise<Set<string> | null> {
  let workers: Set<string> | null = null;
  await within(START_LIMIT_MS, async () => {
    workers = await nginxWorkers(pid);
    return workers === null || workers.size > 0;
  });
  return workers;
}

/** The children of an nginx master; null for other programs, and on kernels that hide them. */
async function nginxWorkers(pid: number): Promise<Set<string> | null> {
  try {
    if ((await readFile(`/proc/${pid}/comm`, 'utf8')).trim() !== 'nginx') return null;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return new Set(children.split(' ').filter((child) => child !== ''));
  } catch {
    return null;
  }
}

/** A worker says in its title that it only ends what is under way; one that is gone has ended. */
async function isEnding(worker: string): Promise<boolean> {
  const title = await readFile(`/proc/${worker}/cmdline`, 'utf8').catch(() => '');
  return title === '' || title.includes('shutting down');
}
