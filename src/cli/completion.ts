/** A command as oclif describes it, as far as completion goes. */
export interface CompletedCommand {
  id: string;
  hidden?: boolean | undefined;
  summary?: string | undefined;
  flags: Record<
    string,
    {
      char?: string | undefined;
      hidden?: boolean | undefined;
      summary?: string | undefined;
      allowNo?: boolean | undefined;
    }
  >;
}

interface Topic {
  name: string;
  description?: string | undefined;
}

/** A word that may come next, and what a shell says about it. */
interface Choice {
  word: string;
  help: string;
}

/** By the words typed so far, joined by a space: what may follow. */
type Tree = Map<string, Choice[]>;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script for a shell: all words are in it, so that no key press starts a program. */
export function completionScript(
  shell: Shell,
  commands: readonly CompletedCommand[],
  topics: readonly Topic[],
): string[] {
  const tree = treeOf(
    commands.filter((command) => command.hidden !== true),
    new Map(topics.map(({ name, description }) => [name, description ?? ''])),
  );
  return { bash, zsh, fish }[shell](tree);
}

function treeOf(commands: readonly CompletedCommand[], topics: ReadonlyMap<string, string>): Tree {
  const tree: Tree = new Map();
  const put = (path: string, word: string, help: string): void => {
    const choices = tree.get(path) ?? [];
    if (!choices.some((choice) => choice.word === word)) choices.push({ word, help });
    tree.set(path, choices);
  };
  for (const { id, summary = '', flags } of commands) {
    const words = id.split(':');
    words.forEach((word, depth) => {
      const isLast = depth === words.length - 1;
      const topic = topics.get(words.slice(0, depth + 1).join(':')) ?? '';
      put(words.slice(0, depth).join(' '), word, isLast ? summary : topic);
    });
    const shown = Object.entries(flags).filter(([, flag]) => flag.hidden !== true);
    for (const [name, flag] of shown) {
      // What is on by itself is only ever turned off.
      const word = flag.allowNo === true ? `--no-${name}` : `--${name}`;
      put(words.join(' '), word, flag.summary ?? '');
    }
    put(words.join(' '), '--help', 'Show help.');
  }
  return tree;
}

/** Commands of the tree; the words of a path lead from one to the next. */
function paths(tree: Tree): string[] {
  return [...tree.keys()].filter((path) => path !== '').sort();
}

function bash(tree: Tree): string[] {
  return [
    '# Completion of kato for bash: source <(kato completion bash)',
    '_kato() {',
    "  local path='' word next choices",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    next="${path:+$path }$word"',
    '    case $next in',
    `      ${paths(tree).map(quoted).join(' | ')}) path=$next ;;`,
    '    esac',
    '  done',
    '  case $path in',
    ...[...tree].map(([path, choices]) => {
      const words = choices.map(({ word }) => word).join(' ');
      return `    ${quoted(path)}) choices=${quoted(words)} ;;`;
    }),
    '  esac',
    '  COMPREPLY=($(compgen -W "$choices" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _kato kato',
  ];
}

function zsh(tree: Tree): string[] {
  return [
    '#compdef kato',
    '# Completion of kato for zsh: source <(kato completion zsh)',
    '_kato() {',
    "  local place='' word next",
    '  local -a choices',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    next="${place:+$place }$word"',
    '    case $next in',
    `      ${paths(tree).map(quoted).join(' | ')}) place=$next ;;`,
    '    esac',
    '  done',
    '  case $place in',
    ...[...tree].map(([path, choices]) => {
      const words = choices.map(({ word, help }) =>
        quoted(`${word}:${help.replaceAll(':', '\\:')}`),
      );
      return `    ${quoted(path)}) choices=(${words.join(' ')}) ;;`;
    }),
    '  esac',
    "  _describe 'kato' choices",
    '}',
    'compdef _kato kato',
  ];
}

function fish(tree: Tree): string[] {
  return [
    '# Completion of kato for fish: kato completion fish | source',
    'function __kato_at',
    "    set -l path ''",
    '    for word in (commandline -opc)[2..]',
    '        set -l next (string trim "$path $word")',
    `        contains -- $next ${paths(tree).map(quoted).join(' ')}; and set path $next`,
    '    end',
    '    test "$path" = "$argv[1]"',
    'end',
    ...[...tree].flatMap(([path, choices]) =>
      choices.map(({ word, help }) => {
        const name = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
        const condition = `-n ${quoted(`__kato_at "${path}"`)}`;
        return `complete -c kato ${condition} ${name} -d ${quoted(help)}`;
      }),
    ),
  ];
}

/** One word for all three shells, which disagree on how a quote is quoted: help has typographic ones. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
