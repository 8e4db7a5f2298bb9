import type { Definition, FlagTaker, Taker } from './named.ts';

/** What the last of some words may become, and what the words before it said. */
export interface Wanted {
  taker: Taker;
  /** What there is of the last word. */
  typed: string;
  /** What the same argument or flag was given before. */
  said: string[];
  args: Record<string, string>;
  flags: Record<string, string>;
}

/** `words` are those behind the command. Null where no argument and no value of a flag may stand. */
export function wantedAt(
  { args, flags }: Pick<Definition, 'args' | 'flags'>,
  words: readonly string[],
): Wanted | null {
  const given: string[] = [];
  const values: Record<string, string[]> = {};
  let pending: string | undefined;
  let onlyArgs = false;
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      add(values, pending, word);
      pending = undefined;
    } else if (onlyArgs || !word.startsWith('-')) given.push(word);
    else if (word === '--') onlyArgs = true;
    else pending = takeFlag(flags, word, values);
  }
  const typed = words.at(-1) ?? '';
  const said = { args: argsOf(args, given), flags: lastOf(values), typed };
  if (pending !== undefined) {
    return { ...said, taker: flags[pending]!, said: values[pending] ?? [] };
  }
  if (!onlyArgs && typed.startsWith('-')) return null;
  const all = Object.values(args);
  const taker = all[given.length] ?? (all.at(-1)?.multiple === true ? all.at(-1) : undefined);
  return taker === undefined ? null : { ...said, taker, said: given.slice(all.indexOf(taker)) };
}

/** Notes a flag; its name where its value is the next word. */
function takeFlag(
  flags: Readonly<Record<string, FlagTaker>>,
  word: string,
  values: Record<string, string[]>,
): string | undefined {
  const [called = '', ...value] = word.split('=');
  const found = Object.entries(flags).find(([name, { char }]) =>
    called.startsWith('--') ? called === `--${name}` : called[1] === char,
  );
  if (found === undefined) return undefined;
  const [name, { type }] = found;
  const attached = called.startsWith('--') ? value.join('=') : word.slice(2);
  if (type === 'boolean' || attached !== '') add(values, name, attached);
  else return name;
  return undefined;
}

function add(values: Record<string, string[]>, name: string, value: string): void {
  values[name] = [...(values[name] ?? []), value];
}

function argsOf(args: Readonly<Record<string, Taker>>, given: readonly string[]) {
  const names = Object.keys(args).slice(0, given.length);
  return Object.fromEntries(names.map((name, at) => [name, given[at]!]));
}

function lastOf(values: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1)!]));
}
