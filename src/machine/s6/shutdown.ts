import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { attempt, run } from '../command.ts';
import { exists, readIfExists } from '../disk/files.ts';
import { isBootUnitInstalled, UNIT } from '../node/boot-unit.ts';
import { isSupervised, readStatus, serviceNames, serviceOf } from './service.ts';
import { supervisionEnded, supervisionRunning } from './supervision.ts';
import { within } from './wait.ts';

/** Most are down by then, and no message is needed. */
const TOLD_AFTER_MS = 3000;
/** After KILL: the kernel, the finish scripts, the loggers and s6 each take a moment. */
const KILLED_MS = 15_000;
/** A folder that kato did not write may have no time of its own. */
const STOP_DEFAULT_MS = 20_000;

/**
 * Stops all processes at once, each by its own stop signal and time, after which s6 kills it, and ends
 * the tree. `onWait` is told once what takes long. TIMEOUT for what outlives being killed.
 */
export async function shutdownSupervision(
  paths: Paths,
  onWait: (lives: string[]) => void = () => undefined,
): Promise<void> {
  if (!(await supervisionRunning(paths))) return;
  const limitMs = KILLED_MS + (await longestStopMs(paths));
  if (await isBootUnitInstalled(paths)) await run(['systemctl', 'stop', '--no-block', UNIT]);
  await attempt(['s6-svscanctl', '-t', paths.service]);
  const ended = (ms: number): Promise<boolean> => within(ms, () => supervisionEnded(paths));
  if (await ended(TOLD_AFTER_MS)) return;
  onWait(await whatLives(paths));
  if (await ended(limitMs - TOLD_AFTER_MS)) return;
  await killLeft(paths);
  if (await ended(KILLED_MS)) return;
  const lives = await whatLives(paths);
  throw refuse(
    'TIMEOUT',
    `not ended: ${lives.join(', ')}`,
    'it was killed and is still there: the kernel waits for a disk or a network, or it is frozen',
    'ps -eo pid,stat,wchan:30,args shows what it waits for; then kato node halt again',
  );
}

/** What of the tree is still there, as a person is told. */
export async function whatLives(paths: Paths): Promise<string[]> {
  const lives: string[] = [];
  for (const name of await serviceNames(paths)) {
    const folder = serviceOf(name, paths);
    if (await isSupervised(folder)) {
      const pid = (await readStatus(folder))?.pid ?? null;
      const seconds = Math.round((await stopMs(folder)) / 1000);
      lives.push(
        pid === null
          ? `${name} (its supervision)`
          : `${name} (pid ${pid}, killed ${seconds} s after it was asked)`,
      );
    } else if (await isSupervised(`${folder}/log`)) lives.push(`${name} (its log)`);
  }
  return lives;
}

/** s6 has done so before: this is for one that hangs, and for loggers whose pipe somebody holds open. */
async function killLeft(paths: Paths): Promise<void> {
  for (const name of await serviceNames(paths)) {
    const folder = serviceOf(name, paths);
    if (await isSupervised(folder)) {
      await attempt(['s6-svc', '-k', folder]);
      if (await exists(`${folder}/leftovers`)) await attempt(['./leftovers'], { cwd: folder });
    } else if (await isSupervised(`${folder}/log`))
      await attempt(['s6-svc', '-k', `${folder}/log`]);
  }
}

async function longestStopMs(paths: Paths): Promise<number> {
  const folders = (await serviceNames(paths)).map((name) => serviceOf(name, paths));
  return Math.max(0, ...(await Promise.all(folders.map(stopMs))));
}

async function stopMs(folder: string): Promise<number> {
  return Number(await readIfExists(`${folder}/timeout-kill`)) || STOP_DEFAULT_MS;
}
