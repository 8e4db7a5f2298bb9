import { type Config, Errors } from '@oclif/core';
import { ERROR_CODES, type ErrorRecord, KatoError, toErrorRecord } from '../domain/error.ts';
import { didYouMean } from '../domain/names.ts';
import { note, printJson, wantsJson } from './output.ts';
import { failureLines } from './render/failure.ts';

/** Three lines on stderr, or the record as JSON on stdout; a stack only with --debug. */
export function printFailure(error: unknown, argv: readonly string[], config?: Config): void {
  const record = recordOf(error, config);
  if (wantsJson(argv)) printJson({ error: record });
  else for (const line of failureLines(record)) note(line);
  if (argv.includes('--debug') && error instanceof Error) note(stackOf(error));
}

export function exitCodeOf(error: unknown): number {
  return ERROR_CODES[recordOf(error).code];
}

function recordOf(error: unknown, config?: Config): ErrorRecord {
  if (error instanceof KatoError) return error.toJSON();
  if (error instanceof Errors.CLIError && !(error instanceof Errors.ModuleLoadError)) {
    return usageRecord(error as ParseError, config);
  }
  return toErrorRecord(error);
}

/** What oclif's parser knows about the words it did not understand. */
interface ParseError extends Error {
  flags?: string[];
  args?: (string | { name: string })[];
  parse?: { input?: { context?: { id?: string; ctor?: { flags?: object; baseFlags?: object } } } };
}

function usageRecord(error: ParseError, config?: Config): ErrorRecord {
  const context = error.parse?.input?.context;
  const command = ['kato', ...(context?.id?.split(':') ?? [])].join(' ');
  const next = config === undefined || context === undefined ? 'kato --help' : `${command} --help`;
  const unknown = error.flags?.[0];
  if (unknown !== undefined) {
    const known = { ...context?.ctor?.baseFlags, ...context?.ctor?.flags };
    const name = unknown.replace(/^-+/, '').replace(/=.*/, '');
    const why = didYouMean(
      `--${name}`,
      Object.keys(known).map((flag) => `--${flag}`),
    );
    const message = `${command} has no flag ${unknown}`;
    return { code: 'USAGE', message, ...(why === undefined ? {} : { why }), next };
  }
  const words = (error.args ?? []).map((arg) => (typeof arg === 'string' ? arg : arg.name));
  const isMissing = typeof error.args?.[0] === 'object';
  if (words.length > 0) {
    const message = isMissing
      ? `${command} needs ${words.map((name) => name.toUpperCase()).join(' and ')}`
      : `${command} does not take '${words[0]}'`;
    return { code: 'USAGE', message, next };
  }
  return { code: 'USAGE', message: `${command}: ${firstSentence(error.message)}`, next };
}

/** oclif's own words without its advice and layout. */
function firstSentence(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  const [first = '', second] = lines.filter((line) => !line.startsWith('See more help'));
  return first.endsWith('occurred:') && second !== undefined ? second : first;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
