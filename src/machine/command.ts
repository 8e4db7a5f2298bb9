import { refuse } from '../domain/base/error.ts';

const DEFAULT_LIMIT_MS = 30_000;
const OUTPUT_LIMIT_CHARACTERS = 1_000_000;
/** Between TERM and KILL of a command that is over its time. */
const KILL_AFTER_MS = 2000;
const LINES_SHOWN = 8;

/** The environment of every command: nothing from the caller, messages in English. */
export const COMMAND_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
};

export interface CommandOptions {
  timeoutMs?: number;
  input?: string;
  env?: Record<string, string>;
  /** Runs as this unix user with its groups; the caller must be root. */
  user?: string;
  cwd?: string;
  /** File that the program keeps locked, with all that it starts; it is not run while another has it. */
  lock?: string;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program, without a shell. Fails with FAILED when it exits other than 0, or as `attempt`. */
export async function run(argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await attempt(argv, options);
  if (result.exitCode === 0) return result;
  throw refuse('FAILED', `${argv[0]} failed with exit code ${result.exitCode}`, lastWords(result));
}

/**
 * Runs a program and hands back whichever exit code it gave. Fails with TIMEOUT, or with FAILED
 * when it could not be started, was killed or wrote more than a million characters.
 */
export async function attempt(
  argv: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { execa } = await import('execa');
  const lock = options.lock === undefined ? [] : ['s6-setlock', '-n', options.lock];
  const user = options.user === undefined ? [] : ['s6-setuidgid', options.user];
  const [program, ...rest] = [...lock, ...user, ...argv];
  const limitMs = options.timeoutMs ?? DEFAULT_LIMIT_MS;
  const result = await execa(program!, rest, {
    reject: false,
    extendEnv: false,
    env: { ...COMMAND_ENVIRONMENT, ...options.env },
    cwd: options.cwd ?? '/',
    timeout: limitMs,
    forceKillAfterDelay: KILL_AFTER_MS,
    maxBuffer: OUTPUT_LIMIT_CHARACTERS,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  });
  const { exitCode, stdout, stderr } = result;
  if (result.timedOut) {
    throw refuse('TIMEOUT', `${argv[0]} did not end within ${limitMs / 1000} s`, lastWords(result));
  }
  if (exitCode === undefined || result.isMaxBuffer) {
    throw refuse(
      'FAILED',
      `${argv[0]} could not be run`,
      result.originalMessage ?? result.shortMessage,
    );
  }
  return { exitCode, stdout, stderr };
}

/** The end of what a program said, which is where it says why. */
export function lastWords(output: { stdout: string; stderr: string }): string | undefined {
  const text = output.stderr.trim() || output.stdout.trim();
  return text === '' ? undefined : text.split('\n').slice(-LINES_SHOWN).join('\n');
}
