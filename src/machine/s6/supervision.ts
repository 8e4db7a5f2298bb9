import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { execlineWords } from '../../domain/making/s6/execline.ts';
import { treeLogger } from '../../domain/making/s6/service-log.ts';
import { COMMAND_ENVIRONMENT, run } from '../command.ts';
import { makeFolder, readIfExists, writeFileAtomic } from '../disk/files.ts';
import { tightenFolders } from '../disk/private-folders.ts';
import { isBootUnitInstalled, UNIT } from '../node/boot-unit.ts';
import { forgetHalt } from '../node/halting.ts';
import { withLock } from './lock.ts';
import { hasReader, isSupervised, serviceNames, serviceOf } from './service.ts';
import { within } from './wait.ts';

const START_LIMIT_MS = 10_000;
const PROCESSES_MAX = 500;

/**
 * Starts the s6 tree over all service folders, detached from the caller, unless it runs. Each
 * process comes up that was last started and not stopped. Hands back this boot's id.
 */
export async function bootSupervision(paths: Paths): Promise<string> {
  await makeFolder(paths.service, 0o700);
  await makeFolder(paths.log, 0o700);
  await makeFolder(paths.lost, 0o700);
  await tightenFolders(paths);
  return withLock('boot', paths, async () => {
    if (!(await supervisionRunning(paths))) await startTree(paths);
    return (await bootId(paths)) ?? (await newBootId(paths));
  });
}

export function supervisionRunning(paths: Paths): Promise<boolean> {
  return hasReader(controlOf(paths));
}

/** Whether nothing of the tree is left: its supervisors outlive it by the time that processes take. */
export async function supervisionEnded(paths: Paths): Promise<boolean> {
  if (await supervisionRunning(paths)) return false;
  const folders = (await serviceNames(paths)).map((name) => serviceOf(name, paths));
  const all = folders.flatMap((folder) => [folder, `${folder}/log`]);
  return (await Promise.all(all.map(isSupervised))).every((supervised) => !supervised);
}

/** Names one life of the tree: new with each boot. Null when the node has never booted. */
export async function bootId(paths: Paths): Promise<string | null> {
  return (await readIfExists(`${paths.run}/boot-id`))?.trim() ?? null;
}

/** Makes the tree see folders that are new or gone; without a tree its next boot does. */
export async function rescan(paths: Paths): Promise<void> {
  if (await supervisionRunning(paths)) await run(['s6-svscanctl', '-an', paths.service]);
}

async function startTree(paths: Paths): Promise<void> {
  // Of the tree before: a machine that is set up anew has not been booted by a person.
  await forgetHalt(paths);
  await newBootId(paths);
  if (await isBootUnitInstalled(paths)) await run(['systemctl', 'start', UNIT]);
  else startDetached(paths);
  if (await within(START_LIMIT_MS, () => supervisionRunning(paths))) return;
  throw refuse(
    'FAILED',
    `the supervision of ${paths.service} did not start`,
    'the program s6-svscan did not come up',
    `see ${paths.log}/supervision/current, and check that the package s6 is installed`,
  );
}

/** The tree's own messages go through a logger too, so that they cannot fill the disk. */
function startDetached(paths: Paths): void {
  const tree = ['s6-svscan', '-c', String(PROCESSES_MAX), paths.service];
  const text = `pipeline -w { ${execlineWords(treeLogger(paths))} } fdmove -c 2 1 ${execlineWords(tree)}`;
  spawn('execlineb', ['-Pc', text], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: COMMAND_ENVIRONMENT,
  })
    .on('error', () => undefined) // told by the wait for the tree
    .unref();
}

async function newBootId(paths: Paths): Promise<string> {
  const id = randomUUID();
  await writeFileAtomic(`${paths.run}/boot-id`, `${id}\n`, { mode: 0o644 });
  return id;
}

function controlOf(paths: Paths): string {
  return `${paths.service}/.s6-svscan/control`;
}
