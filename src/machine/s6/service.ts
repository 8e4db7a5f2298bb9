import { constants, open, stat } from 'node:fs/promises';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { ProcessState } from '../../domain/making/spec.ts';
import { attempt, run } from '../command.ts';
import { exists, folderNames, isErrno } from '../disk/files.ts';
import {
  isWell,
  parseDeaths,
  parseStatus,
  type ServiceStatus,
  STATUS_FIELDS,
  stateOf,
  withoutGone,
} from './process-state.ts';
import { withinChanges } from './wait.ts';

export function serviceOf(process: string, paths: Paths): string {
  return `${paths.service}/${process}`;
}

/** Names of all service folders, also of those that kato did not write. */
export function serviceNames(paths: Paths): Promise<string[]> {
  return folderNames(paths.service);
}

/** True while something reads the fifo: the kernel forgets readers that die. */
export async function hasReader(fifo: string): Promise<boolean> {
  try {
    const handle = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    await handle.close();
    return true;
  } catch (error) {
    if (isErrno(error) && ['ENXIO', 'ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return false;
    throw error;
  }
}

export function isSupervised(folder: string): Promise<boolean> {
  return hasReader(`${folder}/supervise/control`);
}

/** Null while nothing supervises the folder. */
export async function readStatus(folder: string): Promise<ServiceStatus | null> {
  const status = await readWritten(folder);
  if (status?.pid == null || (await exists(`/proc/${status.pid}`))) return status;
  return withoutGone(status);
}

/** What s6 wrote last. */
async function readWritten(folder: string): Promise<ServiceStatus | null> {
  if (!(await isSupervised(folder))) return null;
  const file = await stat(`${folder}/supervise/status`, { bigint: true }).catch(() => null);
  const mark = file === null ? '' : `${file.ino} ${file.ctimeNs}`;
  const known = statuses.get(folder);
  if (known !== undefined && known.mark === mark) return known.status;
  const { exitCode, stdout } = await attempt(['s6-svstat', '-o', STATUS_FIELDS, folder]);
  if (exitCode !== 0) return null;
  const status = parseStatus(stdout);
  // Of before the clock was set back, too, where the age is below 0.
  const ageMs = Math.abs(Date.now() - Number(file?.ctimeMs ?? Number.NaN));
  if (ageMs > SETTLED_MS) statuses.set(folder, { mark, status });
  return status;
}

/**
 * What s6 said last, by the file that it says it from: it writes a new one for each change. Reading
 * it costs no program then.
 */
const statuses = new Map<string, { mark: string; status: ServiceStatus }>();
/** Two files within one tick of the kernel's clock may look alike. */
const SETTLED_MS = 100;

export async function readState(
  folder: string,
): Promise<{ status: ServiceStatus | null; state: ProcessState }> {
  const status = await readStatus(folder);
  if (status === null) return { status, state: 'STOPPED' };
  const nowMs = Date.now();
  // Most processes run well: their deaths are not worth a look.
  if (isWell(status, nowMs)) return { status, state: 'RUNNING' };
  const { stdout } = await attempt(['s6-svdt', folder]);
  return { status, state: stateOf(status, parseDeaths(stdout), nowMs) };
}

/** Asks again whenever s6 says something new of the process; see `withinChanges`. */
export function statusWithin<T>(
  folder: string,
  limitMs: number,
  ask: () => Promise<T>,
  interrupted?: AbortSignal,
): Promise<T> {
  return withinChanges(`${folder}/supervise`, limitMs, ask, interrupted);
}

/** Sends commands by their letters as in `s6-svc`. Fails with FAILED when nothing supervises it. */
export async function control(folder: string, letters: string): Promise<void> {
  if (!(await isSupervised(folder))) {
    throw refuse(
      'FAILED',
      `nothing supervises ${folder}`,
      "kato's supervision does not run on this node",
      'kato node boot',
    );
  }
  await run(['s6-svc', `-${letters}`, folder]);
}

const CHECK_LIMIT_MS = 5000;

/** Whether the process would be found ready now. */
export async function passesCheck(folder: string): Promise<boolean> {
  const options = { cwd: folder, timeoutMs: CHECK_LIMIT_MS };
  const { exitCode } = await attempt(['./data/check'], options).catch(() => ({ exitCode: 1 }));
  return exitCode === 0;
}

/** Deaths that were asked for are not a sign of trouble. */
export async function forgetDeaths(folder: string): Promise<void> {
  await attempt(['s6-svdt-clear', folder]);
}

/** True when the process is down, with its finish script, within the time. */
export async function waitDown(folder: string, limitMs: number): Promise<boolean> {
  const argv = ['s6-svwait', '-D', '-t', String(limitMs), folder];
  const { exitCode } = await attempt(argv, { timeoutMs: limitMs + 5000 });
  return exitCode === 0;
}
