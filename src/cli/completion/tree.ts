import type { Definition, Taker } from './named.ts';

/** A word that may come next, and what a shell says about it. */
export interface Choice {
  word: string;
  help: string;
}

/** What may stand somewhere: words that the script knows, names that kato is asked for, or files. */
export type Takes = 'names' | 'files' | 'nothing' | readonly Choice[];

/**
 * What shells have to know. `takes` goes by the words of a place and, after a space, `-` for its
 * flags, one of them (`-n`, `--node`) for its value, or `@1`, `@2` and so on for its arguments; the
 * last of these is `@*` where it may be repeated.
 */
export interface Tree {
  places: string[];
  takes: Map<string, Takes>;
}

export interface Topic {
  name: string;
  description?: string | undefined;
}

export function treeOf(definitions: readonly Definition[], topics: readonly Topic[]): Tree {
  const helpOf = new Map(topics.map(({ name, description }) => [name, description ?? '']));
  const words = new Map<string, Choice[]>();
  const takes = new Map<string, Takes>();
  for (const definition of definitions.filter(({ hidden }) => !hidden)) {
    const path = definition.id.split(':');
    path.forEach((word, depth) => {
      const place = path.slice(0, depth).join(' ');
      const choices = words.get(place) ?? [];
      words.set(place, choices);
      if (choices.some((choice) => choice.word === word)) return;
      const topic = helpOf.get(path.slice(0, depth + 1).join(':')) ?? '';
      choices.push({ word, help: depth === path.length - 1 ? definition.summary : topic });
    });
    for (const [key, what] of takesOf(definition)) takes.set(`${path.join(' ')} ${key}`, what);
  }
  for (const [place, choices] of words) takes.set(`${place} @1`.trim(), choices);
  const commands = [...takes.keys()].filter((key) => key.endsWith(' -'));
  const places = [...words.keys(), ...commands.map((key) => key.slice(0, -2))];
  return { places: places.filter((place) => place !== '').sort(), takes };
}

function takesOf({ args, flags }: Definition): [string, Takes][] {
  const shown = Object.entries(flags).filter(([, { hidden }]) => hidden !== true);
  const choices = shown.map(([name, { allowNo, summary = '' }]) => {
    // What is on by itself is only ever turned off.
    return { word: allowNo === true ? `--no-${name}` : `--${name}`, help: summary };
  });
  const values = shown
    .filter(([, { type }]) => type === 'option')
    .flatMap(([name, flag]): [string, Takes][] => {
      const long: [string, Takes] = [`--${name}`, takenBy(flag)];
      return flag.char === undefined ? [long] : [long, [`-${flag.char}`, takenBy(flag)]];
    });
  return [
    ['-', [...choices, { word: '--help', help: 'Show help.' }]],
    ...values,
    ...Object.values(args).map((arg, at): [string, Takes] => [
      `@${arg.multiple === true ? '*' : at + 1}`,
      takenBy(arg),
    ]),
  ];
}

function takenBy({ names, options }: Taker): Takes {
  if (options !== undefined) return options.map((word) => ({ word, help: '' }));
  if (names === undefined) return 'nothing';
  return names === 'file' ? 'files' : 'names';
}

/** The tree as a script looks things up in it: the first case with a key that fits counts. */
export function casesOf({ takes }: Tree): { keys: string[]; takes: Takes }[] {
  const all = [...takes];
  const listed = all.flatMap(([key, what]) =>
    typeof what === 'string' ? [] : [{ keys: [key], takes: what }],
  );
  const same = (['names', 'files', 'nothing'] as const).flatMap((what) => {
    const keys = all.filter(([, taken]) => taken === what).map(([key]) => key);
    const [exact, repeated] = [keys.filter((key) => !isRepeated(key)), keys.filter(isRepeated)];
    return [exact, repeated].map((some) => ({ keys: some, takes: what }));
  });
  return [...listed, ...same]
    .filter(({ keys }) => keys.length > 0)
    .sort((one, other) => Number(isRepeated(one.keys[0]!)) - Number(isRepeated(other.keys[0]!)));
}

function isRepeated(key: string): boolean {
  return key.endsWith('@*');
}

/** What bash and zsh share: a function that sets `takes` for a key. `words` sets the words of a list. */
export function takesFunction(tree: Tree, words: (choices: readonly Choice[]) => string): string[] {
  const cases = casesOf(tree).map(({ keys, takes }) => {
    const what = typeof takes === 'string' ? `takes=${takes}` : `takes=words ${words(takes)}`;
    return `    ${keys.map(pattern).join(' | ')}) ${what} ;;`;
  });
  return ['_kato_takes() {', '  case $1 in', ...cases, '    *) takes= ;;', '  esac', '}'];
}

/** A key as they match it. */
function pattern(key: string): string {
  return isRepeated(key) ? `${quoted(key.slice(0, -1))}*` : quoted(key);
}

/** One word for all three shells, which disagree on how a quote is quoted: help has typographic ones. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
