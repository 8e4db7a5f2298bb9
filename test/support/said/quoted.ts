import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../sources.ts';
import { GOLDEN } from './hint.ts';
import type { Said } from './listing.ts';
import { namesCommand, partsOf } from './words.ts';

const HOME = join(import.meta.dirname, '../../..');

/**
 * Whether a test names a hint, by which the helper `hint` finds it in what was printed. Where that names
 * a command, the test must do something with what the helper hands back.
 */
export function followedBy(tests: readonly Source[]): (line: string) => boolean {
  const texts = tests
    .map(({ text }) => unquoted(text))
    .join('\n')
    .replaceAll(/^ +hint\((?:[^\n]*|\n(?: {4,}[^\n]*\n)+? *)\);$/gm, (call) =>
      namesCommand(call) ? '' : call,
    );
  return (line) => ["'", '"', '`'].some((quote) => texts.includes(quote + line + quote));
}

/** The constants of a test in the place of their names, and no backslashes. */
function unquoted(text: string): string {
  const constants = new Map(
    [...text.matchAll(/^const ([A-Z_]+) =\s+'(.*)';$/gm)].map(([, name, value]) => [name!, value!]),
  );
  return text
    .replaceAll(/(?<!\\)\$\{([A-Z_]+)\}/g, (whole, name) => constants.get(name) ?? whole)
    .replaceAll(/\\(?=['"`$])/g, '');
}

/**
 * Whether a test expects a sentence: it has its longest run of words, between values and marks, in what
 * is no title and no comment, or a golden file has it.
 */
export function readBy(tests: readonly Source[]): (said: Said) => boolean {
  const expected = tests.flatMap(({ lines }) =>
    lines
      .filter((line) => !/^\s*((it|describe)\(|\/[/*]|\*)/.test(line))
      .map((line) => line.replaceAll(/\\(?=\W)/g, '')),
  );
  const texts = [...expected, ...goldenTexts()].join('\n');
  return ({ text }) => texts.includes(longestClause(text));
}

function goldenTexts(): string[] {
  return globSync('test/**/golden/**/*.txt', { cwd: HOME })
    .filter((path) => path !== GOLDEN)
    .map((path) => readFileSync(join(HOME, path), 'utf8'));
}

function longestClause(text: string): string {
  const clauses = partsOf(text).flatMap((part) => part.split(/[:;,()\n]/));
  return clauses.map((one) => one.trim()).reduce((a, b) => (b.length > a.length ? b : a));
}
