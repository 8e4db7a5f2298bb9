import { longestCommand } from '../../../src/cli/framework/commands.ts';
import { catalogue } from '../clusters.ts';

/** What stands between the values of a listed text: `a ${x} b` is `a ` and ` b`. */
export function partsOf(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.startsWith('${', i)) {
      if (depth++ === 0) parts.push('');
      i++;
    } else if (depth > 0 && text[i] === '{') depth++;
    else if (depth > 0 && text[i] === '}') depth--;
    else if (depth === 0) parts.push(`${parts.pop()}${text[i]}`);
  }
  return parts;
}

/** The text with other words for its values. */
export function maskedText(text: string, value: (before: string, index: number) => string): string {
  const [first = '', ...others] = partsOf(text);
  return others.reduce((masked, part, i) => masked + value(masked, i) + part, first);
}

/** More than one word, beside its values. */
export function hasWords(text: string): boolean {
  const words = text.replaceAll(/\$\{[^}]*\}/g, '$');
  return /[a-z]{2}/.test(words) && /\S \S/.test(words);
}

/** In a sentence, or with what it takes: the name alone is what a command calls itself. */
export function namesCommand(text: string): boolean {
  return commandsAt(text).some(({ path }) => path.length > 0 && text !== `kato ${path.join(' ')}`);
}

/** A command that a text names. */
export interface CommandAt {
  /** Empty for one that there is not. */
  path: readonly string[];
  /** Flags and arguments. */
  words: string[];
  /** A sentence goes on behind it, or leads to it: what the command needs may be left out. */
  isInSentence: boolean;
  /** All words of its clause. */
  clause: string[];
}

/** Each `kato ...` of a text whose values are words. */
export function commandsAt(masked: string): CommandAt[] {
  const mentions = masked.matchAll(/(with )?(?<![\w/.-])kato (?=([a-z-].*))/gs);
  return [...mentions].map(([, before, text = '']) => {
    const clause = clauseOf(text);
    const path = longestCommand(clause) ?? beforeHelp(clause);
    const rest = clause.slice(path.length);
    const end = rest.findIndex((word) => !isArgument(word));
    const words = end < 0 ? rest : rest.slice(0, end);
    const isInSentence = before !== undefined || words.length < rest.length;
    return { path, words, isInSentence, clause };
  });
}

/** Help is there for a part of the commands, too. */
function beforeHelp(clause: readonly string[]): string[] {
  return clause.slice(0, Math.max(0, clause.indexOf('--help')));
}

function clauseOf(text: string): string[] {
  const [clause = ''] = text.split(/[,;:)'"`](?=\s|$)|\.(?=\s|$)(?<!\.\.\.)|\n/);
  return clause.split(' ').filter((word) => word !== '');
}

/** A flag, a value, a placeholder, an address, or a name that there is. */
function isArgument(word: string): boolean {
  if (/^-|^[A-Z_]+(\.\.\.)?$|VALUE|\d|[.:/]/.test(word)) return true;
  return word === 'all' || catalogue.roles.has(word) || catalogue.groups.has(word);
}
