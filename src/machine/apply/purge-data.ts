import { lstat, realpath, rm, rmdir } from 'node:fs/promises';
import { DATA_MARK, dataRecord, type Paths } from '../../domain/making/paths.ts';
import type { StepOf } from '../../domain/making/step.ts';
import { run } from '../command.ts';
import { firstRunOf, lookAtData } from '../disk/data-folder.ts';
import { isErrno, syncFolder } from '../disk/files.ts';
import { firstRunMark, oldSecretsMark } from '../disk/places.ts';

/** A large database on a slow disk. */
const DELETE_LIMIT_MS = 300_000;

/**
 * Deletes data of which record and mark say that this machine made or took it, and what a first run
 * has left that broke off. Other data that is in its place stays, and only the record goes. With that
 * ends what was asked for: whatever is put there afterwards stays. A volume is emptied, and stays
 * mounted; what a link leads to is deleted only where a mark says that it is this data.
 */
export async function purgeData(step: StepOf<'purge-data'>, paths: Paths): Promise<void> {
  const { process, folder } = step;
  const { record, mark, place } = await lookAtData(process, folder, null, paths);
  const isBegun = record === null && (await firstRunOf(folder)) === 'here';
  if (record === null && !isBegun) return;
  // A purge that broke off has left nothing without the mark.
  const isGone = mark === null && place !== 'filled' && place !== 'no-folder';
  const isMarked = mark !== null && record?.id === mark;
  if (isBegun || isMarked || isGone) {
    await rm(oldSecretsMark(folder), { force: true });
    await deleteFolder(folder, isBegun || isMarked);
  }
  await rm(firstRunMark(folder), { force: true });
  if (record === null) return;
  // Last: until then a purge that broke off is known to be one.
  await rm(dataRecord(process, paths), { force: true });
  await syncFolder(paths.made);
}

async function deleteFolder(folder: string, isMarked: boolean): Promise<void> {
  const found = await lstat(folder).catch(() => null);
  if (found === null) return;
  if (found.isSymbolicLink()) {
    if (isMarked) await empty(await realpath(folder));
    return rm(folder, { force: true });
  }
  if (!found.isDirectory()) return rm(folder, { force: true });
  await empty(folder);
  await rmdir(folder).catch((error: unknown) => {
    if (!isErrno(error) || error.code !== 'EBUSY') throw error; // a mount point stays
  });
}

/**
 * The mark last, so that one that breaks off is gone on with. By `find`, which is not led out of a
 * folder by links that a program of its owner makes meanwhile.
 */
async function empty(folder: string): Promise<void> {
  const find = ['find', folder, '-xdev', '-mindepth', '1'];
  const options = { timeoutMs: DELETE_LIMIT_MS };
  await run([...find, '!', '-path', `${folder}/${DATA_MARK}`, '-delete'], options);
  await run([...find, '-delete'], options);
}
