import { refuse } from '../../domain/base/error.ts';
import { didYouMean } from '../../domain/base/names.ts';
import { own } from '../../domain/base/own.ts';
import { COMMANDS, longestCommand } from './commands.ts';
import type { Config } from './oclif.ts';
import { isParseError, usageError } from './usage-error.ts';

/**
 * Runs the command that the words name, or shows help, or says which words would have been right.
 * `config` is loaded only where the list of all commands is needed: a command does without.
 */
export async function dispatch(config: Config, argv: readonly string[]): Promise<void> {
  const { asksHelp, words } = wordsOf(argv);
  if (asksHelp || argv.length === 0) return showHelp(config, words);
  if (argv[0] === '--version') {
    const [{ print }, { ownVersion }] = await Promise.all([
      import('../output.ts'),
      import('./home.ts'),
    ]);
    return print([`kato ${ownVersion()}`]);
  }
  const path = longestCommand(words);
  if (path === undefined) {
    if (words.length === 0) throw flagFirst(argv[0]!);
    throw await unknownCommand(config, words);
  }
  await runCommand(config, path.join(':'), argv.slice(path.length));
}

async function runCommand(config: Config, id: string, argv: string[]): Promise<void> {
  const { default: CommandClass } = await COMMANDS[id]!();
  try {
    await new CommandClass(argv, config).run();
  } catch (error) {
    if (!isParseError(error)) throw error;
    throw usageError(error, id, Object.keys({ ...CommandClass.flags, ...CommandClass.baseFlags }));
  }
}

/** The words before the first flag; `help` in front asks for help, as `--help` anywhere does. */
function wordsOf(argv: readonly string[]): { asksHelp: boolean; words: string[] } {
  const end = argv.indexOf('--');
  const asked = end < 0 ? argv : argv.slice(0, end);
  const asksHelp = argv[0] === 'help' || asked.some((word) => word === '--help' || word === '-h');
  const firstFlag = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, firstFlag < 0 ? argv.length : firstFlag);
  return { asksHelp, words: words[0] === 'help' ? words.slice(1) : words };
}

async function showHelp(config: Config, words: readonly string[]): Promise<void> {
  await config.load();
  const ids = visibleIds(config);
  const command = longestCommand(words);
  const isTopic = ids.some((id) => id.startsWith(`${words.join(':')}:`));
  if (words.length > 0 && command === undefined && !isTopic) {
    throw await unknownCommand(config, words);
  }
  const { KatoHelp } = await import('./help.ts');
  await new KatoHelp(config).showHelp([...(command ?? words)]);
}

function flagFirst(flag: string) {
  const why = 'flags come after the command';
  return refuse('USAGE', `kato has no flag ${flag} of its own`, why, 'kato --help');
}

async function unknownCommand(config: Config, words: readonly string[]) {
  await config.load();
  const ids = visibleIds(config);
  let topic: string[] = [];
  while (topic.length < words.length) {
    const deeper = [...topic, words[topic.length]!];
    if (!ids.some((id) => id.startsWith(`${deeper.join(':')}:`))) break;
    topic = deeper;
  }
  const names = namesBelow(ids, topic);
  const place = ['kato', ...topic].join(' ');
  const word = words[topic.length];
  if (word === undefined) {
    const why = `it must be one of ${names.join(', ')}`;
    return refuse('USAGE', `${place} needs one more word`, why, `${place} --help`);
  }
  const message =
    topic.length === 0 ? `there is no command '${word}'` : `${place} has no command '${word}'`;
  const why = elsewhere(ids, [...topic, word], names) ?? `there are ${names.join(', ')}`;
  return refuse('USAGE', message, why, `${place} --help`);
}

/** What the words may stand for: an older name, a command of a topic, or a typing error. */
function elsewhere(ids: readonly string[], words: readonly string[], names: readonly string[]) {
  const word = words.at(-1)!;
  const ends = words.length > 1 ? [] : ids.filter((id) => id.endsWith(`:${word}`));
  const only = ends.length === 1 ? ends[0]!.replaceAll(':', ' ') : undefined;
  const meant = own(OLDER_NAMES, words.join(' ')) ?? only;
  return meant === undefined ? didYouMean(word, names) : `did you mean 'kato ${meant}'?`;
}

/** Of Stackato's kato, the last one too. */
const OLDER_NAMES: Record<string, string> = {
  inspect: 'check',
  ls: 'status --all',
  'node add': 'node attach',
};

function namesBelow(ids: readonly string[], topic: readonly string[]): string[] {
  const below = ids.map((id) => id.split(':'));
  const inTopic = below.filter((path) => topic.every((word, i) => path[i] === word));
  return [...new Set(inTopic.map((path) => path[topic.length]!))].sort();
}

function visibleIds(config: Config): string[] {
  return config.commands.filter((command) => command.hidden !== true).map(({ id }) => id);
}
