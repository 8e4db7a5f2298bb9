import { open } from 'node:fs/promises';
import type { Paths } from '../domain/paths.ts';

const TAIL_BYTES = 4096;
const LINES = 5;

/** The last five lines that a process wrote to its log; empty when there are none. */
export async function lastLogLines(process: string, paths: Paths): Promise<string> {
  const file = await open(`${paths.log}/${process}/current`, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, from);
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    return lines.slice(-LINES).join('\n');
  } finally {
    await file.close();
  }
}
