import { readFile } from 'node:fs/promises';

/** As proc(5) numbers them; the name of the program, field 2, may have spaces in it. */
const FIRST_AFTER_NAME = 3;

/** A number of `/proc/PID/stat`; null for a process that is gone. */
export async function statNumber(pid: number | string, field: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const value = afterName[field - FIRST_AFTER_NAME];
  return value === undefined || value === '' ? null : Number(value);
}
