import { rm } from 'node:fs/promises';
import type { Paths } from '../../domain/making/paths.ts';
import { exists, makeFolder, writeFileAtomic } from '../disk/files.ts';
import { watching, withinChanges } from '../s6/wait.ts';

/** A little more than the agent gives others to follow. */
const RELEASED_SECONDS = 6;

/**
 * An agent cannot tell its own restart from the end of the whole node. Who ends the node says so first, and
 * waits a moment for the agent's answer: others send nothing any more. Marks, for systemd can leave one, too.
 */
export async function announceHalt(paths: Paths): Promise<void> {
  await makeFolder(paths.run);
  await writeFileAtomic(haltMark(paths), '', { mode: 0o600 });
}

export async function forgetHalt(paths: Paths): Promise<void> {
  await rm(releasedMark(paths), { force: true });
  await rm(haltMark(paths), { force: true });
}

export function isHalting(paths: Paths): Promise<boolean> {
  return exists(haltMark(paths));
}

export async function sayReleased(paths: Paths): Promise<void> {
  await writeFileAtomic(releasedMark(paths), '', { mode: 0o600 });
}

/** False where the agent has not said so in time. */
export function isReleased(paths: Paths, limitMs = 1000 * RELEASED_SECONDS): Promise<boolean> {
  return withinChanges(paths.run, limitMs, () => exists(releasedMark(paths)));
}

/** The same for systemd, which leaves the mark and waits without any of kato's code. */
export function haltCommand(paths: Paths): string {
  const wait = `until test -e ${releasedMark(paths)}; do sleep 0.1; done`;
  return `touch ${haltMark(paths)}; timeout ${RELEASED_SECONDS} sh -c '${wait}'`;
}

/** Calls back at once, and when something in the folder of the marks has changed, as far as that can be seen. */
export function watchHalt(paths: Paths, onChange: () => void): Disposable {
  onChange();
  // Somebody may have taken the folder away: then who halts the node waits for its answer in vain.
  const watcher = watching(paths.run, onChange);
  return { [Symbol.dispose]: () => watcher?.close() };
}

function haltMark(paths: Paths): string {
  return `${paths.run}/halting`;
}

function releasedMark(paths: Paths): string {
  return `${paths.run}/released`;
}
