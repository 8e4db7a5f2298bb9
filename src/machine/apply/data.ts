import { chmod, chown, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuse } from '../../domain/error.ts';
import type { Paths } from '../../domain/paths.ts';
import type { StepOf } from '../../domain/step.ts';
import { run } from '../command.ts';
import { exists, makeFolder, removeTree, syncFolder, writeFileAtomic } from '../files.ts';
import { initializingMark, secretsMark } from '../places.ts';
import { ensureUser } from '../users.ts';

/** A database that makes its first files on a slow disk. */
const INITIALIZE_LIMIT_MS = 300_000;

export async function makeData(step: StepOf<'make-data'>): Promise<void> {
  const { uid, gid } = await ensureUser(step.user);
  await makeFolder(dirname(step.folder));
  await makeFolder(step.folder, 0o700);
  await chmod(step.folder, 0o700);
  await chown(step.folder, uid, gid);
}

/** A mark beside the folder tells one that was broken off from one that is done. */
export async function initialize(step: StepOf<'initialize'>): Promise<void> {
  const { folder, user, argv, marker } = step;
  const mark = initializingMark(folder);
  if (await exists(mark)) await emptyFolder(folder);
  else if (await exists(`${folder}/${marker}`)) return;
  await writeFileAtomic(mark, '', { mode: 0o600 });
  await rm(secretsMark(folder), { force: true });
  await run(argv, { user, cwd: folder, timeoutMs: INITIALIZE_LIMIT_MS });
  if (!(await exists(`${folder}/${marker}`))) {
    throw refuse(
      'FAILED',
      `${step.process} was initialized, but ${folder}/${marker} is missing`,
      `${argv[0]} ended well without making it`,
      'correct initialize.marker in the role file',
    );
  }
  await run(['sync', '-f', folder], { timeoutMs: INITIALIZE_LIMIT_MS });
  await removeTree(dirname(mark), mark);
  await syncFolder(dirname(mark));
}

/** Doing it again is harmless: the mark follows what it stands for. */
export async function setSecrets({
  folder,
  user,
  argv,
  hash,
}: StepOf<'set-secrets'>): Promise<void> {
  await run(argv, { user, cwd: folder, timeoutMs: INITIALIZE_LIMIT_MS });
  await writeFileAtomic(secretsMark(folder), hash, { mode: 0o600 });
}

export async function purgeData(step: StepOf<'purge-data'>, paths: Paths): Promise<void> {
  // What the marks say must not outlive the data: other data would be taken for it.
  await removeTree(paths.data, secretsMark(step.folder));
  await removeTree(paths.data, initializingMark(step.folder));
  await removeTree(paths.data, step.folder);
}

async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await removeTree(folder, `${folder}/${name}`);
}
