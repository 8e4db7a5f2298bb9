import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { refuse } from '../domain/error.ts';
import { COMMAND_ENVIRONMENT } from './command.ts';

const LOCK_LIMIT_MS = 60_000;

/**
 * Runs `action` while holding a lock on `file`, against all programs on this machine. The lock
 * ends with this process, however it ends. TIMEOUT after a minute of waiting.
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  // `cat` answers as soon as it holds the lock, and ends when its input does.
  const holder = spawn('s6-setlock', [file, 'cat'], {
    env: COMMAND_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(holder, 'close').catch(() => undefined);
  try {
    holder.stdin.on('error', () => undefined).write('held\n');
    const signal = AbortSignal.timeout(LOCK_LIMIT_MS);
    const held = await Promise.race([once(holder.stdout, 'data', { signal }), ended]).catch(
      () => null,
    );
    if (held === null) throw refuse('TIMEOUT', `another program keeps ${file} locked`);
    if (holder.exitCode !== null || holder.pid === undefined) {
      throw refuse('FAILED', `cannot lock ${file}`, 'the program s6-setlock failed');
    }
    return await action();
  } finally {
    holder.stdin.end();
    if (holder.exitCode === null) holder.kill();
    await ended;
  }
}
