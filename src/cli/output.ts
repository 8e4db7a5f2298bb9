import { printable, printableJson } from '../domain/base/printable.ts';
import { PLAIN, type Style } from './render/text/style.ts';

/**
 * The two ways out: values on stdout, everything about the way there on stderr. Whatever the words
 * contain, a terminal acts on nothing but the colours of the style, and each line is one line.
 */
export function print(lines: readonly string[], style: Style = PLAIN): void {
  if (lines.length > 0) process.stdout.write(`${lines.map(style.shown).join('\n')}\n`);
}

let hasPrinted = false;

/** Whether stdout has its JSON value: a second one would make it none. */
export function hasPrintedJson(): boolean {
  return hasPrinted;
}

export function printJson(value: unknown): void {
  hasPrinted = true;
  process.stdout.write(`${printableJson(JSON.stringify(value, null, 2))}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** A note that goes on in the same line, with what a person types. */
export function noteOpen(text: string): void {
  process.stderr.write(printable(text));
}

/** Warnings, of Node and of work in the background, are words like others. */
export function noteWarnings(): void {
  // Where they are switched off, Node listens to none.
  if (process.listenerCount('warning') === 0) return;
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => note(`${name}: ${message}`));
}

/**
 * The reader may stop reading (`kato status | head -1`): that is not a failure. Output that cannot
 * be written for another reason is.
 */
export function surviveBrokenPipes(): void {
  // Before oclif's own, which throws.
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    note('kato: cannot write the output');
    note(`  why:  ${error.message}`);
    process.exit(1);
  });
  process.stderr.on('error', () => undefined);
}

/** `-j` alone or among others (`-aj`); what follows `-e` or `-n` is its value. */
const SHORT_WITH_JSON = /^-[a-df-mo-z]*j/;

/** Whether the words ask for JSON, also where they are too wrong to be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  return flags.some((word) => word === '--json' || SHORT_WITH_JSON.test(word));
}
