import { readFile } from 'node:fs/promises';

/** Where something is mounted on this machine. Empty where the kernel does not tell. */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  return parseMountPoints(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
}

/** Of the file system that `path`, which is real, lies on: where it is mounted, and how. */
export async function mountOf(path: string): Promise<{ point: string; options: string[] } | null> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const mounts = text.split('\n').flatMap((line) => {
    const [point = '', options = ''] = line.split(' ').slice(MOUNT_POINT_FIELD);
    const shown = unescapedPath(point);
    const isAbove = shown === '/' || path === shown || path.startsWith(`${shown}/`);
    return isAbove && shown !== '' ? [{ point: shown, options: options.split(',') }] : [];
  });
  // Of two in one place, the later one lies over the earlier.
  return mounts.reduce<(typeof mounts)[number] | null>(
    (best, one) => (best === null || one.point.length >= best.point.length ? one : best),
    null,
  );
}

const MOUNT_POINT_FIELD = 4;

/** Of the text of /proc/self/mountinfo, which writes spaces and the like in octal: `\040`. */
export function parseMountPoints(text: string): Set<string> {
  const fields = text.split('\n').map((line) => line.split(' ')[MOUNT_POINT_FIELD]);
  const given = fields.filter((field) => field !== undefined);
  return new Set(given.map(unescapedPath));
}

function unescapedPath(field: string): string {
  return field.replace(/\\([0-7]{3})/g, unescaped);
}

function unescaped(_all: string, octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}
