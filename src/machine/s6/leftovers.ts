import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Paths } from '../../domain/making/paths.ts';
import { exists, writerOf } from '../disk/files.ts';

/** Deletes, as far as it can, what kato left half written or half checked when it crashed. */
export async function sweepLeftovers(paths: Paths): Promise<void> {
  const { state, run, config, service, keptExport, data } = paths;
  const own = [state, run, config, service, dirname(keptExport)];
  await Promise.all(own.map((folder) => sweep(folder, true)));
  // Below it is what the programs of roles keep: kato itself writes marks beside that.
  await sweep(data, false);
  await rm(paths.scratch, { recursive: true, force: true }).catch(() => undefined);
}

async function sweep(folder: string, recursive: boolean): Promise<void> {
  for (const name of await readdir(folder, { recursive }).catch(() => [])) {
    const writer = writerOf(name);
    if (writer === null || (await exists(`/proc/${writer}`))) continue;
    await rm(`${folder}/${name}`, { force: true }).catch(() => undefined);
  }
}
