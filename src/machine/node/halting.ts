import { rm } from 'node:fs/promises';
import type { Paths } from '../../domain/making/paths.ts';
import { exists, makeFolder, writeFileAtomic } from '../disk/files.ts';

/**
 * An agent cannot tell its own restart from the end of the whole node. Who ends the node says so
 * first: then the agent's last heartbeat says goodbye, and the node is `left`, not `dead`.
 */
export async function announceHalt(paths: Paths): Promise<void> {
  await makeFolder(paths.run);
  await writeFileAtomic(haltMark(paths), '', { mode: 0o600 });
}

export async function forgetHalt(paths: Paths): Promise<void> {
  await rm(haltMark(paths), { force: true });
}

export function isHalting(paths: Paths): Promise<boolean> {
  return exists(haltMark(paths));
}

/** Written by the unit, too, where systemd stops the node. */
export function haltMark(paths: Paths): string {
  return `${paths.run}/halting`;
}
