import { rename, rm } from 'node:fs/promises';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { groupFile, lockFile } from '../../domain/making/s6/service-folder.ts';
import type { StepOf } from '../../domain/making/step.ts';
import { exists, removeTree, syncFolder } from '../disk/files.ts';
import { configOf } from '../disk/places.ts';
import { isSupervised, serviceOf } from '../s6/service.ts';
import { rescan } from '../s6/supervision.ts';
import { within } from '../s6/wait.ts';
import { stop } from './run-state.ts';

const UNSUPERVISE_LIMIT_MS = 15_000;

/** Logs and data stay. s6 lives in the folder until it has let go, so it is renamed away first. */
export async function remove(step: StepOf<'remove'>, paths: Paths): Promise<void> {
  const { process, seconds } = step;
  const folder = serviceOf(process, paths);
  const doomed = `${paths.service}/.removed-${process}`;
  if (await exists(folder)) {
    await stop({ kind: 'stop', process, seconds }, paths);
    await letGo(doomed, paths);
    await rename(folder, doomed);
    await syncFolder(paths.service);
  }
  await letGo(doomed, paths);
  await removeTree(paths.config, configOf(process, paths));
  await rm(groupFile(process, paths), { force: true });
  await rm(lockFile(process, paths), { force: true });
}

async function letGo(doomed: string, paths: Paths): Promise<void> {
  if (!(await exists(doomed))) return;
  await rescan(paths);
  const free = await within(
    UNSUPERVISE_LIMIT_MS,
    async () => !(await isSupervised(doomed)) && !(await isSupervised(`${doomed}/log`)),
  );
  if (!free) throw refuse('TIMEOUT', `s6 does not let go of ${doomed}`);
  await removeTree(paths.service, doomed);
}
