import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import type { ReloadConfirm } from '../../domain/roles/role.ts';
import { attempt } from '../command.ts';
import { within } from '../s6/wait.ts';

const ANSWER_LIMIT_MS = 2000;
const ANSWER_BYTES_MAX = 1_000_000;
const WORKERS_LIMIT_MS = 5000;

/**
 * What shows after the signal whether the program took its config, asked before it is given; null where
 * it shows nothing. A check that was passed proves nothing: programs look at more when they load.
 */
export async function witnessOf(
  confirm: ReloadConfirm | null,
  pid: number,
): Promise<(() => Promise<boolean>) | null> {
  if (confirm === null) return newWorkers(pid);
  const before = await told(confirm);
  if (before === null) return null;
  return async () => {
    const now = await told(confirm);
    return now !== null && now !== before;
  };
}

/** Null for a program that does not answer, or not with what is asked for. */
async function told(confirm: ReloadConfirm): Promise<string | null> {
  try {
    if ('command' in confirm) {
      const options = { timeoutMs: ANSWER_LIMIT_MS };
      const { exitCode, stdout } = await attempt(confirm.command, options);
      return exitCode === 0 && stdout.trim() !== '' ? stdout : null;
    }
    const answer = JSON.parse(await textAt(confirm.http)) as Record<string, unknown>;
    const value = answer[confirm.field];
    return value === undefined ? null : JSON.stringify(value);
  } catch {
    return null;
  }
}

function textAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const asking = get(url, { agent: false, signal }, (answer) => {
      textOf(answer).then(resolve, reject);
    });
    asking.on('error', reject);
  });
}

/** An error also where the service ends in the middle of it. */
async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const part of answer) {
    text += part;
    if (text.length > ANSWER_BYTES_MAX) throw new Error('too long');
  }
  return text;
}

/** The new config is in force when there are new workers and the old ones take no request any more. */
async function newWorkers(master: number): Promise<(() => Promise<boolean>) | null> {
  const before = await workersOf(master);
  if (before === null) return null;
  return async () => {
    const now = [...((await nginxWorkers(master)) ?? [])];
    if (now.every((worker) => before.has(worker))) return false;
    const old = now.filter((worker) => before.has(worker));
    return (await Promise.all(old.map(isEnding))).every((ending) => ending);
  };
}

/** Null for no nginx. It listens before it takes signals: it takes them when it has workers. */
export async function workersOf(pid: number): Promise<Set<string> | null> {
  let workers: Set<string> | null = null;
  await within(WORKERS_LIMIT_MS, async () => {
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
