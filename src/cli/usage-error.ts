import { type KatoError, refuse } from '../domain/error.ts';
import { didYouMean } from '../domain/names.ts';
import { CLIError, ModuleLoadError } from './oclif.ts';

/** What oclif's parser knows about the words it did not understand. */
interface ParseError extends Error {
  /** Flags that the command does not have. */
  flags?: string[];
  /** Words too many, or definitions of those that are missing. */
  args?: (string | { name: string })[];
}

export function isParseError(error: unknown): error is ParseError {
  return error instanceof CLIError && !(error instanceof ModuleLoadError);
}

/** The parser's complaint as USAGE, with the nearest flag that the command has. */
export function usageError(error: ParseError, id: string, flags: readonly string[]): KatoError {
  const command = ['kato', ...id.split(':')].join(' ');
  const next = `${command} --help`;
  const unknown = error.flags?.[0];
  if (unknown !== undefined) {
    const name = unknown.replace(/^-+/, '').replace(/=.*/, '');
    const why = didYouMean(
      `--${name}`,
      flags.map((flag) => `--${flag}`),
    );
    return refuse('USAGE', `${command} has no flag ${unknown}`, why, next);
  }
  const [word] = error.args ?? [];
  if (typeof word === 'string')
    return refuse('USAGE', `${command} does not take '${word}'`, undefined, next);
  if (word !== undefined)
    return refuse('USAGE', `${command} needs ${word.name.toUpperCase()}`, undefined, next);
  return refuse('USAGE', `${command}: ${inOneLine(error.message)}`, undefined, next);
}

/** oclif's own words without its advice and layout. */
function inOneLine(message: string): string {
  return message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('See more help'))
    .filter((line) => !/^The following errors? occurred:$/.test(line))
    .join(', ');
}
