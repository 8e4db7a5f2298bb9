/** The two ways out: values on stdout, everything about the way there on stderr. */
export function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Who reads us may stop reading (`kato status | head -1`): that is no failure. Words that cannot
 * be written for another reason are.
 */
export function surviveBrokenPipes(): void {
  // Before oclif's own, which throws.
  process.stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    note(`kato: cannot write the output\n  why:  ${error.message}`);
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
