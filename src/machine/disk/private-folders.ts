import { chmod, link, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Paths } from '../../domain/making/paths.ts';
import { groupFile, lockFile } from '../../domain/making/s6/service-folder.ts';
import { isErrno, makeFolder } from './files.ts';

const PRIVATE = 0o700;

/** Closes to others what belongs to root: kato 0.1.0 left some of it open, and so may a person. */
export async function tightenFolders(paths: Paths): Promise<void> {
  const { state, made, service, log, locks, keptExport, run } = paths;
  for (const folder of [state, made, service, log, locks, dirname(keptExport)]) {
    await chmodIfThere(folder, PRIVATE);
  }
  const names = await readdir(run).catch(() => []);
  for (const name of names.filter((one) => /\.(lock|group)$/.test(one))) {
    await chmodIfThere(`${run}/${name}`, 0o600);
  }
}

/**
 * Where kato 0.1.0 had the lock of a process, which a running one may still hold: under both names it
 * is the same file, and so the same lock.
 */
export async function moveOldLock(process: string, paths: Paths): Promise<void> {
  const old = (name: string): string => `${paths.run}/${process}.${name}`;
  await makeFolder(paths.locks, PRIVATE);
  await unlessGone(link(old('lock'), lockFile(process, paths)));
  await rm(old('lock'), { force: true });
  await unlessGone(rename(old('group'), groupFile(process, paths)));
}

/**
 * What is right is left alone: a read-only disk accepts no change, and the node must boot anyway.
 */
async function chmodIfThere(path: string, mode: number): Promise<void> {
  await unlessGone(
    stat(path).then((found) => {
      return (found.mode & 0o7777) === mode ? undefined : chmod(path, mode);
    }),
  );
}

async function unlessGone(action: Promise<void>): Promise<void> {
  await action.catch((error: unknown) => {
    if (!isErrno(error) || (error.code !== 'ENOENT' && error.code !== 'EEXIST')) throw error;
  });
}
