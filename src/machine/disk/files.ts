import { constants } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { KatoError } from '../../domain/base/error.ts';
import { toldOf } from '../../domain/base/system-error.ts';

export interface FileOptions {
  mode: number;
  owner?: number;
  group?: number;
}

/**
 * Old content or new, never a part, also after a power cut. Fails with NO_SPACE, READ_ONLY or
 * FAILED and then leaves the old file as it was.
 */
export async function writeFileAtomic(
  path: string,
  content: string,
  options: FileOptions,
): Promise<void> {
  const temporary = temporaryOf(path);
  await translated(path, async () => {
    try {
      await writeSynced(temporary, content, options);
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** Points `link` to `target` by one rename. Fails as `writeFileAtomic` does. */
export async function switchLink(link: string, target: string): Promise<void> {
  const temporary = temporaryOf(link);
  await translated(link, async () => {
    await rm(temporary, { force: true });
    await symlink(target, temporary);
    await rename(temporary, link);
    await syncFolder(dirname(link));
  });
}

/** The pid behind a file that is being written, for a moment, or was left by a crash; else null. */
export function writerOf(path: string): string | null {
  return /\.(\d+)-\d+\.kato-new$/.exec(path)?.[1] ?? null;
}

/** Two writers of one file, in one process or two, do not meet. */
function temporaryOf(path: string): string {
  return `${path}.${process.pid}-${written++}.kato-new`;
}

let written = 0;

/** A file that need not be in place before its folder is: the caller renames and syncs that. */
export async function writeDurably(
  path: string,
  content: string,
  options: FileOptions,
): Promise<void> {
  await translated(path, () => writeSynced(path, content, options));
}

/** The mode is the last folder's; those above it that are missing can be entered by all. */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  await translated(path, () => makeWithParents(path, mode));
}

/** Node's own recursive one calls a disk that is read-only a missing folder. */
async function makeWithParents(path: string, mode: number): Promise<void> {
  const make = () =>
    mkdir(path, { mode }).catch((error: unknown) => {
      if (!isErrno(error) || error.code !== 'EEXIST') throw error;
    });
  await make().catch(async (error: unknown) => {
    if (!isErrno(error) || error.code !== 'ENOENT') throw error;
    await makeWithParents(dirname(path), 0o755);
    await make();
  });
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function readIfExists(path: string): Promise<string | null> {
  return ifExists(readFile(path, 'utf8'));
}

/**
 * As `readIfExists`, in a folder of another user, who may have put anything there: null for what is no
 * plain file or has more bytes. Follows no link as the last part of the path, and waits for no pipe.
 */
export async function readForeign(path: string, bytesMax: number): Promise<string | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error: unknown) => {
    if (isErrno(error) && NOT_PLAIN.includes(error.code ?? '')) return null;
    throw error;
  });
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) return null;
    const buffer = Buffer.alloc(bytesMax + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return bytesRead > bytesMax ? null : buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The beginning of a file: null if there is none, empty if it is not a plain file. */
export async function readStart(path: string, bytes: number): Promise<string | null> {
  const found = await ifExists(stat(path));
  if (found === null) return null;
  if (!found.isFile()) return '';
  const file = await open(path, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Nothing, a link, a socket. */
const NOT_PLAIN = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV'];

/** Where a link points to, as it is written there. */
export async function readLinkIfExists(path: string): Promise<string | null> {
  return ifExists(readlink(path));
}

/** Folders, and links that may lead to one; hidden ones are somebody's work under way. */
export async function folderNames(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
    return folders.map((entry) => entry.name).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await ifExists(lstat(path))) !== null;
}

/**
 * Moves by one rename, which is on the disk when it resolves; never copies. CONFLICT where no rename
 * leads there: to another file system, or of a mount point; else as `writeFileAtomic`.
 */
export async function movePath(from: string, to: string): Promise<void> {
  await translated(
    from,
    async () => {
      await rename(from, to);
      await syncFolder(dirname(to));
      await syncFolder(dirname(from));
    },
    'move',
  );
}

/** Deletes `path` with all in it; refuses (INTERNAL) what does not truly lie below `root`. */
export async function removeTree(root: string, path: string): Promise<void> {
  const parent = await ifExists(realpath(dirname(resolve(path))));
  if (parent === null) return;
  const trueRoot = await realpath(root);
  const below = `${parent}/` === `${trueRoot}/` || parent.startsWith(`${trueRoot}/`);
  if (!below || resolve(path) === resolve(root)) {
    throw new KatoError({
      code: 'INTERNAL',
      message: `refused to delete ${path}`,
      why: `it is not below ${root}`,
    });
  }
  await translated(path, () => rm(path, { recursive: true, force: true }));
}

async function writeSynced(path: string, content: string, options: FileOptions): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    if (options.owner !== undefined || options.group !== undefined) {
      await file.chown(options.owner ?? 0, options.group ?? 0);
    }
    await file.chmod(options.mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function ifExists<T>(pending: Promise<T>): Promise<T | null> {
  try {
    return await pending;
  } catch (error) {
    if (isErrno(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

/** The same errors for what is done to `path` by other means. */
export async function translated<T>(
  path: string,
  action: () => Promise<T>,
  verb: 'write' | 'move' = 'write',
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isErrno(error)) throw error;
    const message = `cannot ${verb} ${path}`;
    const record = toldOf(error, `${verb} ${path}`);
    throw new KatoError(record ?? { code: 'FAILED', why: error.message, message }, {
      cause: error,
    });
  }
}

export function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && !(error instanceof KatoError);
}
