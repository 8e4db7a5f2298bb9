import { readdir, statfs } from 'node:fs/promises';
import type { Paths } from '../../domain/making/paths.ts';
import type { LostLines } from '../../domain/making/step.ts';

/** A disk that gives a program nothing more has often a little left on paper. */
const FULL_BELOW = 0.01;

/** Which logs lose lines now, and whether their disk is full; null when none does. */
export async function lostLines({ lost, log }: Paths): Promise<LostLines | null> {
  const logs = (await readdir(lost).catch(() => [])).sort();
  if (logs.length === 0) return null;
  const disk = await statfs(log).catch(() => null);
  const isFull =
    disk !== null && (isUsedUp(disk.bavail, disk.blocks) || isUsedUp(disk.ffree, disk.files));
  return { logs, diskFull: isFull };
}

/** Some file systems do not count: of those it is 0. */
function isUsedUp(free: number, all: number): boolean {
  return all > 0 && free / all < FULL_BELOW;
}
