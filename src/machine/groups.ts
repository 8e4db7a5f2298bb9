import { readIfExists } from './files.ts';

/** The id of a local group, or null when there is none of that name. */
export async function groupId(name: string): Promise<number | null> {
  const groups = (await readIfExists('/etc/group')) ?? '';
  const line = groups.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  return line === undefined ? null : Number(line.split(':')[2]);
}
