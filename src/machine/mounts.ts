import { readFile } from 'node:fs/promises';

/** Where something is mounted on this machine. Empty where the kernel does not tell. */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  return parseMountPoints(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
}

const MOUNT_POINT_FIELD = 4;

/** Of the text of /proc/self/mountinfo, which writes spaces and the like in octal: `\040`. */
export function parseMountPoints(text: string): Set<string> {
  const fields = text.split('\n').map((line) => line.split(' ')[MOUNT_POINT_FIELD]);
  const given = fields.filter((field) => field !== undefined);
  return new Set(given.map((field) => field.replace(/\\([0-7]{3})/g, unescaped)));
}

function unescaped(_all: string, octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}
