import type { Definition, FlagTaker } from '../../../src/cli/completion/named.ts';
import { allDefinitions } from '../../../src/cli/framework/config.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { catalogue } from '../clusters.ts';
import { commandsAt, maskedText } from './words.ts';

/** A sentence that begins so speaks of kato itself. */
const KATO_ITSELF = [
  'and',
  'are',
  'as',
  'does',
  'goes',
  'here',
  'keeps',
  'that',
  'then',
  'there',
  'tries',
  'writes',
];
/** Programs that sentences name, by the Debian package that has them. */
export const PROGRAMS: Record<string, string> = {
  'apt-cache': 'apt',
  'apt-get': 'apt',
  date: 'coreutils',
  df: 'coreutils',
  dmesg: 'util-linux',
  find: 'findutils',
  lsattr: 'e2fsprogs',
  mount: 'mount',
  mv: 'coreutils',
  openssl: 'openssl',
  ps: 'procps',
  rm: 'coreutils',
  ss: 'iproute2',
  umount: 'mount',
};
const FILES_OF_SYSTEM = ['/etc/fstab'];

/** A command as a sentence names it; `words` are the flags and arguments that go with it. */
export interface NamedCommand {
  definition: Definition;
  words: string[];
  /** A sentence goes on behind it, or leads to it: what the command needs may be left out. */
  isInSentence: boolean;
}

/** What is wrong with the commands, flags, programs and files that texts name. */
export async function faultFinder(): Promise<(text: string) => string[]> {
  const definitions = await allDefinitions();
  return (text) => faultsIn(text, definitions);
}

function faultsIn(text: string, definitions: readonly Definition[]): string[] {
  const masked = maskedText(text, (before) => (/[a-z]$/.test(before) ? '' : 'VALUE'));
  const { commands, faults } = commandsIn(masked, definitions);
  const flagNames = definitions
    .flatMap(({ flags }) => Object.keys(flags))
    .map((name) => `--${name}`);
  return [
    ...faults,
    ...commands.flatMap(faultsOf),
    ...(masked.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])
      .filter((flag) => flag !== '--help' && !flagNames.includes(flag.replace('--no-', '--')))
      .map((flag) => `no command has the flag ${flag}`),
    ...programsIn(masked)
      .filter((name) => !Object.hasOwn(PROGRAMS, name))
      .map((name) => `the program ${name} is not known to be there`),
    ...(masked.match(/(?<![\w$}])\/(?:var|run|etc)\/[\w./-]*\w/g) ?? [])
      .filter((path) => !isKnownPath(path))
      .map((path) => `kato has no file ${path}`),
  ];
}

/** Each `kato ...` of a text without values. */
function commandsIn(
  masked: string,
  definitions: readonly Definition[],
): { commands: NamedCommand[]; faults: string[] } {
  const commands: NamedCommand[] = [];
  const faults: string[] = [];
  for (const { path, words, isInSentence, clause } of commandsAt(masked)) {
    const definition = definitions.find(({ id }) => id === path.join(':'));
    if (definition !== undefined) commands.push({ definition, words, isInSentence });
    else if (!clause.includes('--help') && !KATO_ITSELF.includes(clause[0]!))
      faults.push(`no command: kato ${clause.join(' ')}`);
  }
  return { commands, faults };
}

function flagOf({ flags }: Definition, word: string): FlagTaker | undefined {
  const byName = flags[word.replace(/^--(no-)?/, '')];
  return byName ?? Object.values(flags).find(({ char }) => `-${char}` === word);
}

function faultsOf({ definition, words, isInSentence }: NamedCommand): string[] {
  const name = `kato ${definition.id.replaceAll(':', ' ')}`;
  const given = words.filter((word, i) => {
    const before = words[i - 1];
    const isValue = before?.startsWith('-') && flagOf(definition, before)?.type === 'option';
    return !word.startsWith('-') && !isValue;
  });
  const takers = Object.values(definition.args) as { required?: boolean; multiple?: boolean }[];
  const max = takers.some(({ multiple }) => multiple) ? Number.POSITIVE_INFINITY : takers.length;
  const needed = takers.filter(({ required }) => required).length;
  return [
    ...words
      .filter((word) => /^-./.test(word) && word !== '--help' && !flagOf(definition, word))
      .map((word) => `${name} has no flag ${word}`),
    ...(given.length > max ? [`${name} does not take ${given.at(-1)}`] : []),
    ...(isInSentence || given.length >= needed ? [] : [`${name} needs more words`]),
  ];
}

/** `df -h`, `openssl pkey -in`: what stands before a flag that is none of kato. */
function programsIn(masked: string): string[] {
  const others = masked.replaceAll(/(?<![\w/.-])kato [^,;:']*/g, '');
  const found = others.matchAll(/(?:^|[ '(])(?:([a-z-]+) )?([a-z][a-z-]+) -[a-zA-Z]/g);
  return [...found].map(([, before = '', name = '']) =>
    Object.hasOwn(PROGRAMS, before) ? before : name,
  );
}

const paths = pathsOf('/');
const processes = [...catalogue.roles.values()].flatMap((role) => role.processes);
const services = ['agent', ...processes.map(({ name }) => name)];
const logs = ['supervision', 'VALUE', ...services];
const known = [
  '/var/lib/kato',
  ...Object.values(paths),
  ...services.map((name) => `${paths.service}/${name}`),
  ...logs.flatMap((name) => [`${paths.log}/${name}`, `${paths.log}/${name}/current`]),
];

function isKnownPath(path: string): boolean {
  return known.includes(path) || FILES_OF_SYSTEM.includes(path);
}
