import { open, stat } from 'node:fs/promises';
import type { Paths } from '../../domain/making/paths.ts';

const TAIL_BYTES = 4096;
const LINES = 5;

/** How far a log was written at some time. */
export interface LogPlace {
  inode: number;
  bytes: number;
}

/** Where the log of a process ends now; null where there is none. */
export async function logEnd(process: string, paths: Paths): Promise<LogPlace | null> {
  const found = await stat(fileOf(process, paths)).catch(() => null);
  return found && { inode: found.ino, bytes: found.size };
}

/** The last five lines that a process wrote to its log, after `since`; empty when there are none. */
export async function lastLogLines(
  process: string,
  paths: Paths,
  since: LogPlace | null = null,
): Promise<string> {
  const file = await open(fileOf(process, paths), 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size, ino } = await file.stat();
    const start = since?.inode === ino ? since.bytes : 0;
    const from = Math.max(start, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, from);
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    return lines.slice(-LINES).join('\n');
  } finally {
    await file.close();
  }
}

function fileOf(process: string, { log }: Paths): string {
  return `${log}/${process}/current`;
}
