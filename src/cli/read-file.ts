import { readFile, stat } from 'node:fs/promises';
import { refuse } from '../domain/error.ts';
import { fileReason } from '../operations/file-reason.ts';

/** What people give us to read is small; a device or a wrong file is not. */
const BYTES_MAX = 1_000_000;

/** Text of a file that a person named. BAD_FILE when it cannot be read or is too large. */
export async function readTextFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= BYTES_MAX) return await readFile(path, 'utf8');
  } catch (error) {
    throw refuse('BAD_FILE', `cannot read ${path}`, fileReason(error));
  }
  throw refuse('BAD_FILE', `${path} is too large`, `at most ${BYTES_MAX / 1_000_000} MB are read`);
}

/** All of stdin, at most as much as of a file. */
export async function readStdin(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > BYTES_MAX) throw refuse('BAD_FILE', 'stdin is too large');
  }
  return text;
}
