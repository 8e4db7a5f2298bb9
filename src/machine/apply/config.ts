import { chmod, readdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { StepOf } from '../../domain/making/step.ts';
import { attempt, lastWords } from '../command.ts';
import {
  exists,
  makeFolder,
  readLinkIfExists,
  removeTree,
  switchLink,
  syncFolder,
  writeDurably,
} from '../disk/files.ts';
import { configOf } from '../disk/places.ts';
import { ensureUser } from '../users.ts';

const CHECK_LIMIT_MS = 20_000;
const CONFIG_PLACE = /\$\{config\}/g;
/** Besides the live and the loaded one, to look at after a mishap. */
const OLD_FOLDERS_KEPT = 2;

/** A folder gets its final name only after its check, so each that has one was accepted. */
export async function writeConfig(step: StepOf<'write-config'>, paths: Paths): Promise<void> {
  const { config, user } = step;
  const parent = configOf(step.process, paths);
  const target = `${parent}/${config.hash}`;
  if (await exists(target)) return;
  const candidate = `${parent}/.${config.hash}`;
  const { gid } = await ensureUser(user);
  await removeTree(paths.config, candidate);
  try {
    for (const file of config.files) {
      const path = `${candidate}/${file.path}`;
      await makeFolder(dirname(path));
      await writeDurably(path, file.content, { mode: file.mode, owner: 0, group: gid });
    }
    await chmod(candidate, 0o755);
    await check(step, candidate);
    await syncFolder(candidate);
    await rename(candidate, target);
    await syncFolder(parent);
  } catch (error) {
    await removeTree(paths.config, candidate);
    throw error;
  }
}

export async function switchConfig(step: StepOf<'switch-config'>, paths: Paths): Promise<void> {
  const parent = configOf(step.process, paths);
  if (!(await exists(`${parent}/${step.hash}`))) {
    throw refuse('FAILED', `${step.process} has no config ${step.hash}`, 'it was never written');
  }
  // First: a pass that ends in between leaves nothing that looks like a missed restart.
  if (step.fromNextStart === true) await switchLink(`${parent}/loaded`, step.hash);
  if ((await readLinkIfExists(`${parent}/current`)) !== step.hash) {
    await switchLink(`${parent}/current`, step.hash);
  }
  await prune(parent, paths);
}

async function check(step: StepOf<'write-config'>, candidate: string): Promise<void> {
  if (step.config.check === null) return;
  const argv = step.config.check.map((word) => word.replaceAll(CONFIG_PLACE, candidate));
  const result = await attempt(argv, { timeoutMs: CHECK_LIMIT_MS });
  if (result.exitCode === 0) return;
  throw refuse(
    'CONFIG_REFUSED',
    `${argv[0]} refused the new config of ${step.process}`,
    lastWords(result)?.replaceAll(`${candidate}/`, ''),
    'the old config stays live; undo or correct what was changed last: kato history',
  );
}

async function prune(parent: string, paths: Paths): Promise<void> {
  const inUse = [await readLinkIfExists(`${parent}/current`)];
  inUse.push(await readLinkIfExists(`${parent}/loaded`));
  const entries = await readdir(parent, { withFileTypes: true });
  const unused = entries.filter((entry) => entry.isDirectory() && !inUse.includes(entry.name));
  const aged = await Promise.all(
    unused.map(async ({ name }) => ({ name, at: (await stat(`${parent}/${name}`)).mtimeMs })),
  );
  aged.sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(OLD_FOLDERS_KEPT)) {
    await removeTree(paths.config, `${parent}/${name}`);
  }
}
