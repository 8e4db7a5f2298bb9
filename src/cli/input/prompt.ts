import type { Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { refuse } from '../../domain/base/error.ts';
import { printable } from '../../domain/base/printable.ts';
import { note, noteOpen } from '../output.ts';

/** Questions are only asked where a person sits; each has a flag that answers it. */
export function onTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** One line typed by a person, on a terminal. The question goes to stderr. */
export function askLine(question: string): Promise<string> {
  return typed(process.stderr, (lines) => lines.question(printable(question)));
}

/** The same, unseen. */
export async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await typed(nowhere, (lines) => {
      // Not before: until the lines are read, the terminal shows what is typed.
      noteOpen(question);
      return lines.question('');
    });
  } finally {
    note('');
  }
}

/** Return selects what is recommended. */
export async function askYesNo(question: string, recommended: boolean): Promise<boolean> {
  for (;;) {
    const answer = await askLine(`${question} ${recommended ? '[Y/n]' : '[y/N]'} `);
    if (answer === '') return recommended;
    if (/^y(es)?$/i.test(answer)) return true;
    if (/^no?$/i.test(answer)) return false;
  }
}

async function typed(
  output: NodeJS.WritableStream,
  ask: (lines: Interface) => Promise<string>,
): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<never>((_resolve, reject) => {
    const failure = refuse('USAGE', 'the question was not answered', 'the input ended');
    lines.once('close', () => reject(failure));
  });
  try {
    return (await Promise.race([ask(lines).catch(() => closed), closed])).trim();
  } catch (error) {
    output.write('\n');
    throw error;
  } finally {
    lines.close();
  }
}
