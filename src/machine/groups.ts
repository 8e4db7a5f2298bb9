import { attempt } from './command.ts';
import { readIfExists } from './disk/files.ts';

/** The id of a system group of that name, made when missing; null where it cannot be made. */
export async function ensureGroup(name: string): Promise<number | null> {
  const found = await groupId(name);
  if (found !== null) return found;
  await attempt(['groupadd', '--system', name]);
  return groupId(name);
}

async function groupId(name: string): Promise<number | null> {
  const groups = (await readIfExists('/etc/group')) ?? '';
  const line = groups.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  return line === undefined ? null : Number(line.split(':')[2]);
}
