import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { COMMAND_ENVIRONMENT } from '../command.ts';
import { makeFolder, readIfExists, translated } from '../disk/files.ts';

const LOCK_LIMIT_MS = 60_000;
/** Most waits are short, and need no message. */
const TOLD_AFTER_MS = 1000;

export interface LockOptions {
  limitMs?: number;
  /** What those who wait for it are told. */
  holder?: string;
  /** Called once, after a second of waiting, with the holder. */
  onWait?: (holder: string) => void;
  /** Ends the wait with its reason. */
  interrupted?: AbortSignal;
}

/**
 * Runs `action` while holding the lock of that name, against all programs on this machine. The lock
 * ends with this process, however it ends. TIMEOUT after a minute of waiting, or what is asked for.
 */
export async function withLock<T>(
  name: string,
  paths: Paths,
  action: () => Promise<T>,
  { limitMs = LOCK_LIMIT_MS, holder = 'kato', onWait, interrupted }: LockOptions = {},
): Promise<T> {
  await makeFolder(paths.locks, 0o700);
  const file = `${paths.locks}/${name}.lock`;
  // By us, who can tell why it cannot be made.
  await translated(file, async () => (await open(file, 'a')).close());
  const held = takeLock(file);
  const timer = onWait && setTimeout(async () => onWait(await holderOf(file)), TOLD_AFTER_MS);
  try {
    if (!(await held.within(limitMs, interrupted))) {
      interrupted?.throwIfAborted();
      const why = `${await holderOf(file)} has had it for ${Math.round(limitMs / 1000)} s`;
      throw refuse(
        'TIMEOUT',
        `waited in vain for ${file}`,
        why,
        'check whether that still makes progress',
      );
    }
    clearTimeout(timer);
    await translated(file, () => writeFile(file, `${holder} (pid ${process.pid})\n`));
    return await action();
  } finally {
    clearTimeout(timer);
    await held.release();
  }
}

/** flock is on every Debian, also before kato has installed anything. */
function takeLock(file: string) {
  // `cat` answers as soon as it holds the lock, and ends when its input does.
  const holder = spawn('flock', [file, 'cat'], {
    env: COMMAND_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(holder, 'close').catch(() => undefined);
  holder.stdin.on('error', () => undefined).write('held\n');
  return {
    /** False when the time is over, or the wait was ended. */
    within: async (limitMs: number, interrupted?: AbortSignal): Promise<boolean> => {
      const timeout = AbortSignal.timeout(limitMs);
      const signal = interrupted === undefined ? timeout : AbortSignal.any([timeout, interrupted]);
      const answer = once(holder.stdout, 'data', { signal });
      const held = await Promise.race([answer, ended]).catch(() => null);
      if (held === null) return false;
      if (holder.exitCode === null && holder.pid !== undefined) return true;
      throw refuse('FAILED', `cannot lock ${file}`, 'the program flock failed');
    },
    release: async (): Promise<void> => {
      holder.stdin.end();
      if (holder.exitCode === null) holder.kill();
      await ended;
    },
  };
}

/** The last name written there: most likely the holder. */
async function holderOf(file: string): Promise<string> {
  const text = await readIfExists(file).catch(() => null);
  return text?.trim() || 'another program';
}
