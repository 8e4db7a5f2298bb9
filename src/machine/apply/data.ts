import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { refuse } from '../../domain/base/error.ts';
import { dataStateOf } from '../../domain/making/data-state.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { lockFile } from '../../domain/making/s6/service-folder.ts';
import type { DataStep, StepOf } from '../../domain/making/step.ts';
import { attempt, run } from '../command.ts';
import {
  beginFirstRun,
  checkData,
  firstRunOf,
  type LookedAt,
  lookAtData,
  readMark,
  refuseUnfit,
  writeMark,
  writeRecord,
} from '../disk/data-folder.ts';
import { exists, isErrno, makeFolder, syncFolder } from '../disk/files.ts';
import { firstRunMark, oldSecretsMark } from '../disk/places.ts';
import { ensureUser } from '../users.ts';

/** A database that makes its first files on a slow disk. */
const INITIALIZE_LIMIT_MS = 300_000;
/** What first runs that broke off left: enough to see why, not enough to fill a disk. */
const ASIDE_MAX = 3;

export async function makeData(step: StepOf<'make-data'>, paths: Paths): Promise<void> {
  const facts = await checkData(step, paths);
  const state = dataStateOf(facts);
  if (state === 'unmarked') return claim(step, facts, paths);
  if (state !== 'none') return;
  await makeOwnFolder(step);
  if (step.marker === null) await claim(step, facts, paths);
}

export async function adoptData(step: StepOf<'adopt-data'>, paths: Paths): Promise<void> {
  const facts = await checkData(step, paths);
  if (dataStateOf(facts) === 'unmarked') await claim(step, facts, paths);
}

export async function findData(step: StepOf<'find-data'>, paths: Paths): Promise<void> {
  await checkData(step, paths);
}

/** A person has another source for data that is missing: what is there is taken, or an empty folder. */
export async function goOnWithout(step: DataStep, paths: Paths): Promise<void> {
  const facts = await lookAtData(step.process, step.folder, step.marker, paths);
  if (dataStateOf(facts) !== 'missing') {
    await checkData(step, paths);
    return;
  }
  refuseUnfit({ ...facts, record: null, wasStarted: false }, step, paths);
  await makeOwnFolder(step);
  await claim(step, facts, paths);
}

/** A mark beside the folder tells one that was broken off from one that is done. */
export async function initialize(step: StepOf<'initialize'>, paths: Paths): Promise<void> {
  const { folder, argv, marker } = step;
  const facts = await checkData(step, paths);
  const state = dataStateOf(facts);
  if (state === 'unmarked') return claim(step, facts, paths);
  if (state === 'ready') return;
  await refuseWhileUsed(step, paths);
  if (state === 'begun' && facts.place === 'filled') await moveAside(step);
  await beginFirstRun(folder);
  await rm(oldSecretsMark(folder), { force: true });
  await runAlone(step, paths);
  if (!(await exists(`${folder}/${marker}`))) {
    throw refuse(
      'FAILED',
      `${step.process} was initialized, but ${folder}/${marker} is missing`,
      `${argv[0]} succeeded without making it`,
      'correct initialize.marker in the role file',
    );
  }
  if ((await firstRunOf(folder)) !== 'here') {
    throw refuse('FAILED', `another folder took the place of ${folder} while it was filled`);
  }
  await run(['sync', '-f', folder], { timeoutMs: INITIALIZE_LIMIT_MS });
  await claim(step, { ...facts, secrets: null }, paths);
}

/** Doing it again is harmless: the mark follows what it stands for. */
export async function setSecrets(step: StepOf<'set-secrets'>, paths: Paths): Promise<void> {
  const { folder, user, hash, process } = step;
  const isReady = dataStateOf(await checkData(step, paths)) === 'ready';
  const mark = await readMark(folder);
  if (!isReady || mark === null) throw refuse('FAILED', `the data of ${process} is not made yet`);
  await refuseWhileUsed(step, paths);
  await runAlone(step, paths);
  await writeMark(folder, { ...mark, secrets: hash }, (await ensureUser(user)).gid);
}

/**
 * A program on the data that is not the process itself. It has the lock of the process: one that
 * outlived its agent would go on in what is made meanwhile, or clear it away.
 */
async function runAlone(step: StepOf<'initialize' | 'set-secrets'>, paths: Paths): Promise<void> {
  const { process, folder, user, argv } = step;
  await run(argv, {
    user,
    cwd: folder,
    timeoutMs: INITIALIZE_LIMIT_MS,
    lock: lockFile(process, paths),
  });
}

async function refuseWhileUsed({ process }: DataStep, paths: Paths): Promise<void> {
  const lock = lockFile(process, paths);
  await makeFolder(paths.locks, 0o700);
  const { exitCode } = await attempt(['s6-setlock', '-n', lock, 'true']);
  if (exitCode === 0) return;
  const next = 'it is tried again';
  throw refuse(
    'FAILED',
    `the data of ${process} is in use`,
    'one of its programs is still running',
    next,
  );
}

async function makeOwnFolder({ folder, user }: DataStep): Promise<void> {
  const { uid, gid } = await ensureUser(user);
  await makeFolder(dirname(folder));
  await makeFolder(folder, 0o700);
  await chmod(folder, 0o700);
  await chown(folder, uid, gid);
}

/** Inside first: a record stands for data that can be told from other data. */
async function claim({ process, folder, user }: DataStep, facts: LookedAt, paths: Paths) {
  const id = facts.mark ?? randomUUID();
  const { gid } = await ensureUser(user);
  await writeMark(folder, { id, secrets: facts.secrets }, gid);
  await writeRecord(process, id, paths);
  await rm(oldSecretsMark(folder), { force: true });
  await rm(firstRunMark(folder), { force: true });
  await syncFolder(dirname(folder));
}

/** Never emptied: a mark says that it is worth nothing, and a mark may be wrong. */
async function moveAside(step: StepOf<'initialize'>): Promise<void> {
  const { process, folder, user } = step;
  const real = await realpath(folder);
  const parent = dirname(real);
  const prefix = `${basename(real)}.broken-`;
  const taken = await readdir(parent);
  const numbers = Array.from({ length: ASIDE_MAX }, (_, i) => i + 1);
  const free = numbers.find((number) => !taken.includes(`${prefix}${number}`));
  if (free === undefined) {
    throw refuse(
      'FAILED',
      `the first run of ${process} broke off ${ASIDE_MAX + 1} times`,
      `what it left is in ${parent}/${prefix}*`,
      'find out why; then delete those, and kato goes on',
    );
  }
  await rename(real, `${parent}/${prefix}${free}`).catch((error: unknown) => {
    const isMount = isErrno(error) && (error.code === 'EBUSY' || error.code === 'EXDEV');
    if (!isMount) throw error;
    throw refuse(
      'FAILED',
      `what a broken-off first run of ${process} left cannot be moved out of the way`,
      `${real} is a mount point`,
      `look at it; if it is not needed: find ${real} -xdev -mindepth 1 -delete`,
    );
  });
  const { uid, gid } = await ensureUser(user);
  await mkdir(real, { mode: 0o700 });
  await chown(real, uid, gid);
  await syncFolder(parent);
}
