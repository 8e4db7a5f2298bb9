/** A command as oclif describes it, as far as its reference goes. */
export interface ReferredCommand {
  id: string;
  hidden?: boolean | undefined;
  summary?: string | undefined;
  description?: string | undefined;
  examples?: unknown[] | undefined;
  args: Record<string, ReferredArg>;
  flags: Record<string, ReferredFlag>;
}

interface ReferredArg {
  required?: boolean | undefined;
  multiple?: boolean | undefined;
  description?: string | undefined;
}

interface ReferredFlag {
  char?: string | undefined;
  hidden?: boolean | undefined;
  allowNo?: boolean | undefined;
  type: string;
  helpValue?: string | string[] | undefined;
  options?: readonly string[] | undefined;
  default?: unknown;
  summary?: string | undefined;
}

/** docs/reference/commands.md: every command, as its help shows it. */
export function referenceLines(commands: readonly ReferredCommand[]): string[] {
  const shown = commands
    .filter((command) => command.hidden !== true)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    '# Commands',
    '',
    'Made from the code by `node scripts/reference.ts`; `kato COMMAND --help` shows the same. Every command',
    'has `-j, --json`, which prints its value as JSON; everything else then goes to stderr. Exit codes',
    'and errors are in [errors.md](errors.md).',
    '',
    ...shown.map(({ id, summary = '' }) => `- [${callOf(id)}](#${anchorOf(id)}): ${summary}`),
    ...shown.flatMap(commandLines),
  ];
}

function commandLines(command: ReferredCommand): string[] {
  const { id, summary = '', description, args, flags, examples = [] } = command;
  const own = Object.entries(flags).filter(([name, flag]) => name !== 'json' && !flag.hidden);
  return [
    '',
    `## ${callOf(id)}`,
    '',
    summary,
    ...(description === undefined ? [] : ['', description]),
    '',
    '```',
    [callOf(id), ...Object.entries(args).map(argUsage), own.length > 0 ? '[FLAGS]' : '']
      .join(' ')
      .trimEnd(),
    '```',
    ...listOf([...Object.entries(args).map(argLine), ...own.map(flagLine)]),
    ...(examples.length === 0 ? [] : ['', 'Examples:', '', '```sh']),
    ...examples.map((example) => filled(String(example), id)),
    ...(examples.length === 0 ? [] : ['```']),
  ];
}

function callOf(id: string): string {
  return ['kato', ...id.split(':')].join(' ');
}

function anchorOf(id: string): string {
  return callOf(id).replaceAll(' ', '-');
}

function argUsage([name, { required, multiple }]: [string, ReferredArg]): string {
  const word = `${name.toUpperCase()}${multiple === true ? '...' : ''}`;
  return required === true ? word : `[${word}]`;
}

function argLine([name, { description = '' }]: [string, ReferredArg]): string {
  return `- \`${name.toUpperCase()}\`: ${description}`;
}

function flagLine([name, flag]: [string, ReferredFlag]): string {
  const long = `--${flag.allowNo === true ? '[no-]' : ''}${name}${valueUsage(flag)}`;
  const label = flag.char === undefined ? long : `-${flag.char}, ${long}`;
  const standard =
    flag.type === 'option' && flag.default !== undefined ? ` Default: ${flag.default}.` : '';
  return `- \`${label}\`: ${flag.summary ?? ''}${standard}`;
}

function valueUsage({ type, helpValue, options }: ReferredFlag): string {
  if (type !== 'option') return '';
  if (options !== undefined) return `=${options.join('|')}`;
  return `=${helpValue === undefined ? 'VALUE' : String(helpValue)}`;
}

function filled(example: string, id: string): string {
  return example
    .replaceAll('<%= config.bin %>', 'kato')
    .replaceAll('<%= command.id %>', id.replaceAll(':', ' '));
}

function listOf(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}
