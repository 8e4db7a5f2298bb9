import { randomUUID } from 'node:crypto';
import { access, constants, open, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { exists, isErrno, translated } from './files.ts';
import { mountOf } from './mounts.ts';

/** More than what a file system keeps beside its list of files. */
const PROBE_BYTES = 8192;

/**
 * Whether kato can write where it writes, and run the programs that it writes: asked before anything is
 * installed or joined. Leaves nothing behind. NO_SPACE, READ_ONLY or FAILED, with the folder.
 */
export async function checkGround(paths: Paths): Promise<void> {
  const { state, service, config, data, log, run } = paths;
  for (const folder of [state, config, data, log, run]) await tryFile(folder);
  await tryFile(service, (file) => refuseNoexec(service, file));
}

/** Where keys and certificates are made. */
export async function checkScratch(): Promise<void> {
  const folder = tmpdir();
  if (await exists(folder)) return tryFile(folder);
  throw refuse(
    'FAILED',
    `there is no folder ${folder}`,
    'TMPDIR names it, and certificates are made there',
    'make it, or run the command without TMPDIR',
  );
}

/** FAILED where the system lets nobody run `file`, which is in `folder` and for root to run. */
export async function refuseNoexec(folder: string, file: string): Promise<void> {
  const fault = await access(file, constants.X_OK).then(
    () => null,
    (error: unknown) => (isErrno(error) && error.code === 'EACCES' ? error : null),
  );
  if (fault === null) return;
  const mount = await mountOf(await realpath(file));
  const isNoexec = mount?.options.includes('noexec') === true;
  throw refuse(
    'FAILED',
    `no program can be run in ${folder}`,
    isNoexec ? `${mount.point} is mounted noexec` : 'the system does not permit it',
    isNoexec
      ? `mount -o remount,exec ${mount.point}, and correct /etc/fstab`
      : `let root run programs in ${folder}`,
  );
}

async function tryFile(
  folder: string,
  look: (file: string) => Promise<void> = async () => undefined,
): Promise<void> {
  // The name of what a writer leaves that was killed: it is swept up like others. No stranger foresees
  // it in /tmp, and a link in its place is not followed.
  const file = `${await nearest(folder)}/.probe-${randomUUID()}.${process.pid}-0.kato-new`;
  try {
    await translated(folder, () => probe(file));
    await look(file);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** The folder, or the one above it in which it would be made. */
async function nearest(folder: string): Promise<string> {
  return realpath(folder).catch(() => nearest(dirname(folder)));
}

async function probe(file: string): Promise<void> {
  const handle = await open(file, 'wx', 0o700);
  try {
    await handle.writeFile('#'.repeat(PROBE_BYTES));
    await handle.sync();
  } finally {
    await handle.close();
  }
}
