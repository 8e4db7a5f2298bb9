import { chmod, readdir, rename } from 'node:fs/promises';
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
  await sweepConfigs(step.process, paths);
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

/**
 * Takes away all configs of a process but the live and the loaded one: they hold keys and passwords that may
 * be taken back since. What is loaded may change at any time, as the process starts anew.
 */
export async function sweepConfigs(process: string, paths: Paths): Promise<void> {
  const parent = configOf(process, paths);
  if (!(await exists(parent))) return;
  const inUse = [await readLinkIfExists(`${parent}/current`)];
  inUse.push(await readLinkIfExists(`${parent}/loaded`));
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    if (!entry.isDirectory() || inUse.includes(entry.name)) continue;
    await removeTree(paths.config, `${parent}/${entry.name}`);
  }
}
