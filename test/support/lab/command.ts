import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { until } from '../until.ts';
import { descendantsOf, signal } from './processes.ts';

export const RUN_LIMIT_MS = 60_000;

export interface Result {
  /** As a shell tells it: 128 and the signal's number for a command that was killed. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  /** Added to the clean environment that every command gets. */
  env?: Record<string, string>;
  timeoutMs?: number;
}

/** A command that goes on. */
export interface Running {
  /** All that it has said so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly result: Promise<Result>;
  /** Sends a signal to the command itself, and resolves when it has ended. */
  kill(name?: NodeJS.Signals): Promise<Result>;
}

/** How a host has its commands started: the argv that gets there, and what it needs there. */
export interface Entry {
  argv: string[];
  env: Record<string, string>;
  /** The argv starts something that waits for the command proper. */
  wrapped: boolean;
}

export async function run(entry: Entry, options: RunOptions): Promise<Result> {
  const limitMs = options.timeoutMs ?? RUN_LIMIT_MS;
  const { running, stop } = start(entry, options);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, limitMs);
  const result = await running.result.finally(() => clearTimeout(timer));
  if (late) {
    throw new Error(`not done after ${limitMs} ms: ${entry.argv.join(' ')}\n${transcript(result)}`);
  }
  return result;
}

export function spawnRunning(entry: Entry, options: RunOptions): Running {
  return start(entry, options).running;
}

function start(entry: Entry, options: RunOptions): { running: Running; stop: () => void } {
  const child = spawn(entry.argv[0]!, entry.argv.slice(1), {
    env: { ...entry.env, ...options.env },
    cwd: '/',
    stdio: 'pipe',
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  child.stdin.on('error', () => {}); // a command may end without having read all
  child.stdin.end(options.input ?? '');
  const result = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, name) => resolve({ exitCode: exitCodeOf(code, name), ...said }));
  });

  const running: Running = {
    get stdout() {
      return said.stdout;
    },
    get stderr() {
      return said.stderr;
    },
    result,
    async kill(name = 'SIGKILL') {
      const ended = () => child.exitCode !== null || child.signalCode !== null;
      await until(() => ended() || !entry.wrapped || descendantsOf(child.pid!).length > 0, {
        what: 'the command has started',
        seconds: 5,
      });
      if (!ended()) signal(entry.wrapped ? descendantsOf(child.pid!)[0]! : child.pid!, name);
      return result;
    },
  };
  // Also lets go of the output, which a daemon that forgot to close it would hold for ever.
  const stop = () => {
    for (const pid of [...descendantsOf(child.pid!), child.pid!]) signal(pid, 'SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  };
  return { running, stop };
}

function exitCodeOf(code: number | null, name: NodeJS.Signals | null): number {
  return code ?? 128 + (name === null ? 0 : constants.signals[name]);
}

export function transcript(result: Result): string {
  return `exit code ${result.exitCode}\n${result.stdout}${result.stderr}`;
}
