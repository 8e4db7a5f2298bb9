import { readdir, stat } from 'node:fs/promises';
import type { ServiceFolder } from '../../domain/making/spec.ts';
import { exists, readIfExists, writerOf } from '../disk/files.ts';

/** In a service folder, but state and not part of its definition. */
const STATE = ['down', 'event', 'supervise', 'restarts', 'log/event', 'log/supervise'];
/** Nothing that kato writes into one is near this size. */
const FILE_BYTES_MAX = 1_000_000;

/** What a step removed between two looks: another hash, and so another look later. */
const GONE = { mode: 0, size: 0 };

/** Null without a folder. A foreign or damaged one has another hash than any spec. */
export async function readServiceFiles(folder: string): Promise<ServiceFolder['files'] | null> {
  if (!(await exists(folder))) return null;
  const files: ServiceFolder['files'] = {};
  for (const path of await servicePaths(folder)) {
    const { mode, size } = await stat(`${folder}/${path}`).catch(() => GONE);
    const content = size > FILE_BYTES_MAX ? null : await readIfExists(`${folder}/${path}`);
    files[path] = { content: content ?? '', mode: mode & 0o7777 };
  }
  return files;
}

/** The files that are part of the folder's definition, relative to it. */
export async function servicePaths(folder: string): Promise<string[]> {
  return (await filesBelow(folder)).filter(
    (path) =>
      writerOf(path) === null &&
      !STATE.some((state) => path === state || path.startsWith(`${state}/`)),
  );
}

/** All plain files, relative to `folder`. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1));
}
