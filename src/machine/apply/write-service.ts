import { chmod, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { programHash } from '../../domain/making/s6/service-folder.ts';
import type { ServiceFolder } from '../../domain/making/spec.ts';
import type { StepOf } from '../../domain/making/step.ts';
import {
  exists,
  makeFolder,
  readIfExists,
  removeTree,
  syncFolder,
  writeDurably,
  writeFileAtomic,
} from '../disk/files.ts';
import { olderMark } from '../disk/places.ts';
import { moveOldLock } from '../disk/private-folders.ts';
import { control, isSupervised, readStatus, serviceOf } from '../s6/service.ts';
import { readServiceFiles, servicePaths } from '../s6/service-files.ts';
import { rescan, supervisionRunning } from '../s6/supervision.ts';
import { within } from '../s6/wait.ts';

const SUPERVISE_LIMIT_MS = 10_000;

/**
 * A new folder appears whole and is down until its start. One that exists stays the same folder,
 * for s6 lives in it; its files are renamed in and count from the next start.
 */
export async function writeService(step: StepOf<'write-service'>, paths: Paths): Promise<void> {
  const folder = serviceOf(step.process, paths);
  if (await exists(folder)) {
    const before = await readServiceFiles(folder);
    const isOlder = before !== null && programHash(before) !== step.service.programHash;
    const isUp = isOlder && (await readStatus(folder))?.up === true;
    const mark = olderMark(step.process, paths);
    if (isUp && step.fromNextStart !== true) await writeFileAtomic(mark, '', { mode: 0o600 });
    await updateFolder(folder, step.service.files, isUp ? mark : null);
    await moveOldLock(step.process, paths);
  } else await createFolder(folder, step.service.files, paths);
  await supervise(folder, paths);
}

async function createFolder(
  folder: string,
  files: ServiceFolder['files'],
  paths: Paths,
): Promise<void> {
  const fresh = `${dirname(folder)}/.new-${folder.slice(dirname(folder).length + 1)}`;
  await makeFolder(paths.service, 0o700);
  await removeTree(paths.service, fresh);
  for (const [path, { content, mode }] of Object.entries(files)) {
    await makeFolder(dirname(`${fresh}/${path}`));
    await writeDurably(`${fresh}/${path}`, content, { mode });
  }
  await writeDurably(`${fresh}/down`, '', { mode: 0o600 });
  await syncFolder(fresh);
  await rename(fresh, folder);
  await syncFolder(paths.service);
}

async function updateFolder(
  folder: string,
  files: ServiceFolder['files'],
  keep: string | null,
): Promise<void> {
  let logChanged = false;
  for (const [path, { content, mode }] of Object.entries(files)) {
    if ((await readIfExists(`${folder}/${path}`)) === content)
      await chmod(`${folder}/${path}`, mode);
    else {
      await makeFolder(dirname(`${folder}/${path}`));
      await writeFileAtomic(`${folder}/${path}`, content, { mode });
      logChanged ||= path.startsWith('log/');
    }
  }
  for (const path of await servicePaths(folder)) {
    const isKept = files[path] !== undefined || `${folder}/${path}` === keep;
    if (!isKept) await removeTree(folder, `${folder}/${path}`);
  }
  const log = `${folder}/log`;
  if (logChanged && (await isSupervised(log))) await control(log, 'r');
}

/** Without a running tree the next boot finds the folder. */
async function supervise(folder: string, paths: Paths): Promise<void> {
  if (!(await supervisionRunning(paths)) || (await isSupervised(folder))) return;
  await rescan(paths);
  if (await within(SUPERVISE_LIMIT_MS, () => isSupervised(folder))) return;
  throw refuse('FAILED', `s6 did not pick up ${folder}`, `see ${paths.log}/supervision/current`);
}
