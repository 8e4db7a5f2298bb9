import { createReadStream } from 'node:fs';
import { KatoError, refuse } from '../../domain/base/error.ts';
import { fileReason } from '../../operations/file-reason.ts';

/** What people give us to read is small; a device or a wrong file is not. */
const LENGTH_MAX = 1_000_000;

/** Text of a file that a person named. BAD_FILE when it cannot be read or is too large. */
export async function readTextFile(path: string, name = path): Promise<string> {
  try {
    return await readAll(createReadStream(path), name);
  } catch (error) {
    if (error instanceof KatoError) throw error;
    throw refuse('BAD_FILE', `cannot read ${name}`, fileReason(error));
  }
}

/** A secret in a file, without the space around it. */
export async function readWordFile(path: string, what: string): Promise<string> {
  return (await readTextFile(path, `the ${what} file ${path}`)).trim();
}

/** All of stdin, at most as much as of a file. */
export function readStdin(): Promise<string> {
  return readAll(process.stdin, 'stdin');
}

async function readAll(stream: NodeJS.ReadableStream, name: string): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    text += chunk;
    if (text.length > LENGTH_MAX) {
      throw refuse('BAD_FILE', `${name} is too large`, `at most ${LENGTH_MAX / 1e6} MB are read`);
    }
  }
  return text;
}
