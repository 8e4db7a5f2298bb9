import { stripVTControlCharacters } from 'node:util';
import { type KatoError, refuse } from '../../domain/base/error.ts';
import { didYouMean } from '../../domain/base/names.ts';
import { CLIError, ModuleLoadError } from './oclif.ts';

/** What oclif's parser knows about the words it did not understand. */
interface ParseError extends Error {
  /** Flags that the command does not have. */
  flags?: string[];
  /** Words too many, or definitions of those that are missing. */
  args?: (string | { name: string })[];
}

/** A word without a name where names are wanted: `ROLES` or `--roles`, as the message says. */
export class EmptyWord extends CLIError {}

export function isParseError(error: unknown): error is ParseError {
  return error instanceof CLIError && !(error instanceof ModuleLoadError);
}

/** The parser's complaint as USAGE, with the nearest flag that the command has. */
export function usageError(error: ParseError, id: string, flags: readonly string[]): KatoError {
  const command = ['kato', ...id.split(':')].join(' ');
  const next = `${command} --help`;
  if (error instanceof EmptyWord) {
    const wanted = error.message;
    const message = wanted.startsWith('--')
      ? `${wanted} needs a value`
      : `${command} needs ${wanted}`;
    return refuse('USAGE', message, 'a word is empty, as from an empty variable', next);
  }
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
  const said = inOneLine(error.message);
  const [message, why] = inOwnWords(command, said) ?? [`${command}: ${said}`];
  return refuse('USAGE', message, why, next);
}

/** What oclif's parser says, and how kato says it: message and reason. */
const OWN_WORDS: readonly [RegExp, (command: string, ...found: string[]) => [string, string?]][] = [
  [
    /^Parsing (--\S+), Expected an integer (greater|less) than or equal to (-?\d+) but received: (.*)$/,
    (_command, flag, bound, limit, given) => [
      `${flag} cannot be '${given}'`,
      `it must be a whole number, ${limit} or ${bound === 'greater' ? 'more' : 'less'}`,
    ],
  ],
  [
    /^Parsing (--\S+), Expected an integer but received: (.*)$/,
    (_command, flag, given) => [`${flag} cannot be '${given}'`, 'it must be a whole number'],
  ],
  [
    /^(--[^=\s]+)=.* cannot also be provided when using (--\S+)$/,
    (_command, one, other) => [`${other} and ${one} cannot be used together`],
  ],
  [
    /^Expected (.*) to be one of: (.*)$/,
    (command, given, choices) => {
      const [flag, value] = /^--/.test(given!) ? given!.split('=') : [command, given];
      return [`${flag} cannot be '${value ?? ''}'`, `it must be one of ${choices}`];
    },
  ],
  [
    /^Flag (--\S+) expects one of these values: (.*)$/,
    (_command, flag, choices) => [`${flag} needs a value`, `it must be one of ${choices}`],
  ],
  [/^Flag (--\S+) expects a value$/, (_command, flag) => [`${flag} needs a value`]],
  [/^Flag (--\S+) can only be specified once$/, (_command, flag) => [`${flag} is given twice`]],
  [/^Missing required flag (\S+)/, (command, flag) => [`${command} needs --${flag}`]],
];

function inOwnWords(command: string, said: string): [string, string?] | undefined {
  for (const [pattern, tell] of OWN_WORDS) {
    const found = pattern.exec(said);
    if (found !== null) return tell(command, ...found.slice(1));
  }
  return undefined;
}

/** oclif's own words without its colours, advice and layout. */
function inOneLine(message: string): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('See more help'))
    .filter((line) => !/^The following errors? occurred:$/.test(line))
    .join(', ');
}
