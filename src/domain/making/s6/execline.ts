import { refuse } from '../../base/error.ts';

/** One word of an execline script, which reads back as exactly `text` and is never expanded. */
export function execlineWord(text: string): string {
  if (text.includes('\0')) {
    throw refuse(
      'BAD_VALUE',
      'a word of a command holds a zero byte',
      'no program can be given one',
    );
  }
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

export function execlineWords(argv: readonly string[]): string {
  return argv.map(execlineWord).join(' ');
}
