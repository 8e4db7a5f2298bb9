import { dirname } from 'node:path';
import { makeFolder } from '../../machine/files.ts';
import { withLock } from '../../machine/lock.ts';
import { checkRoot, type Host } from './host.ts';

/**
 * Runs what makes this machine a node, or none: one such command at a time. A second one waits for
 * the first, and then finds what that one has made. NOT_ROOT; TIMEOUT after a minute.
 */
export async function alone<T>(
  { paths }: Host,
  command: string,
  action: () => Promise<T>,
): Promise<T> {
  checkRoot(command);
  // For root alone: a lock that strangers can open is one that strangers can hold.
  await makeFolder(dirname(paths.commandLock), 0o700);
  return withLock("command", paths, action);
}
