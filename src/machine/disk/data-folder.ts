import type { BigIntStats } from 'node:fs';
import { lstat, opendir, readdir, rename, stat } from 'node:fs/promises';
import { KatoError } from '../../domain/base/error.ts';
import { parsedObject } from '../../domain/base/json.ts';
import { type DataFacts, type DataPlaces, dataRefusal } from '../../domain/making/data-state.ts';
import { DATA_MARK, dataRecord, MARK_BYTES_MAX, type Paths } from '../../domain/making/paths.ts';
import type { DataStep } from '../../domain/making/step.ts';
import {
  exists,
  folderNames,
  isErrno,
  makeFolder,
  readForeign,
  readIfExists,
  syncFolder,
  writeDurably,
  writeFileAtomic,
} from './files.ts';
import { firstRunMark, oldSecretsMark, restartsFile } from './places.ts';

/** What the mark in a data folder says. */
export interface DataMark {
  id: string;
  secrets: string | null;
}

export interface DataRecord {
  id: string;
  /** ISO time at which the machine made or adopted the data. */
  at: string;
}

/** What is read and not judged, and the hash of the secrets that the data was given last. */
export type LookedAt = DataFacts & { secrets: string | null };

/** What a volume has at birth, and what kato itself adds. */
const NO_CONTENT = ['lost+found', DATA_MARK, `${DATA_MARK}.new`];

export async function lookAtData(
  process: string,
  folder: string,
  marker: string | null,
  paths: Paths,
): Promise<LookedAt> {
  const place = await placeOf(folder);
  const isFolder = place === 'empty' || place === 'filled';
  const [record, mark, hasMarker, firstRun, wasStarted] = await Promise.all([
    readRecord(process, paths),
    isFolder ? readMark(folder) : null,
    marker === null ? null : isFolder && hasFile(`${folder}/${marker}`),
    marker === null ? null : firstRunOf(folder),
    exists(restartsFile(process, paths)),
  ]);
  const secrets = mark?.secrets ?? (isFolder ? await readIfExists(oldSecretsMark(folder)) : null);
  return { record, place, mark: mark?.id ?? null, hasMarker, firstRun, wasStarted, secrets };
}

/** DATA_MISSING for data that is not there or not this machine's. */
export async function checkData(step: DataStep, paths: Paths): Promise<LookedAt> {
  const facts = await lookAtData(step.process, step.folder, step.marker, paths);
  refuseUnfit(facts, step, paths);
  return facts;
}

export function refuseUnfit(facts: DataFacts, step: DataStep, paths: Paths): void {
  const refusal = dataRefusal(facts, placesOf(step, paths));
  if (refusal !== null) throw new KatoError(refusal);
}

function placesOf({ process, role, node, folder, marker }: DataStep, paths: Paths): DataPlaces {
  const markFile = `${folder}/${DATA_MARK}`;
  const recordFile = dataRecord(process, paths);
  const firstRunFile = firstRunMark(folder);
  return { process, role, node, folder, marker, markFile, recordFile, firstRunFile };
}

/** Processes whose data a person may have deleted by name: see `Observed`. */
export async function ownedData(paths: Paths): Promise<string[]> {
  const [files, folders] = await Promise.all([recordNames(paths), folderNames(paths.data)]);
  const left = await Promise.all(
    folders.map(async (name) => (await firstRunOf(`${paths.data}/${name}`)) === 'here'),
  );
  return [...new Set([...files, ...folders.filter((_name, i) => left[i])])];
}

/** Null without one, or with one that cannot be read. */
export async function readMark(folder: string): Promise<DataMark | null> {
  const text = await readForeign(`${folder}/${DATA_MARK}`, MARK_BYTES_MAX).catch(() => null);
  const { id, secrets } = parsedObject(text ?? '') as Partial<DataMark>;
  if (typeof id !== 'string' || id === '') return null;
  return { id, secrets: typeof secrets === 'string' ? secrets : null };
}

/** The program's group may read it: a backup of the folder takes it along. */
export async function writeMark(folder: string, mark: DataMark, group: number): Promise<void> {
  const fresh = `${folder}/${DATA_MARK}.new`;
  await writeDurably(fresh, `${JSON.stringify(mark)}\n`, { mode: 0o640, owner: 0, group });
  await rename(fresh, `${folder}/${DATA_MARK}`);
  await syncFolder(folder);
}

async function readRecord(process: string, paths: Paths): Promise<DataFacts['record']> {
  const text = await readIfExists(dataRecord(process, paths));
  if (text === null) return null;
  const { id } = parsedObject(text) as Partial<DataRecord>;
  return { id: typeof id === 'string' ? id : null };
}

export async function writeRecord(process: string, id: string, paths: Paths): Promise<void> {
  const record: DataRecord = { id, at: new Date().toISOString() };
  await makeFolder(paths.made, 0o700);
  const text = `${JSON.stringify(record)}\n`;
  await writeFileAtomic(dataRecord(process, paths), text, { mode: 0o600 });
}

/** A first run in this folder is under way. */
export async function beginFirstRun(folder: string): Promise<void> {
  const text = `${JSON.stringify(bindingOf(await stat(folder, { bigint: true })))}\n`;
  await writeFileAtomic(firstRunMark(folder), text, { mode: 0o600 });
}

/** Bound to the folder and not to its path: another volume may be there by now. */
export async function firstRunOf(folder: string): Promise<DataFacts['firstRun']> {
  const text = await readIfExists(firstRunMark(folder));
  if (text === null) return null;
  const { inode, born } = parsedObject(text) as Partial<ReturnType<typeof bindingOf>>;
  if (inode === undefined || born === undefined) return 'somewhere';
  const now = await stat(folder, { bigint: true }).catch(() => null);
  if (now === null) return 'elsewhere';
  const here = bindingOf(now);
  return here.inode === inode && here.born === born ? 'here' : 'elsewhere';
}

/** No device number: it may change with a boot. The time of birth is 0 where a file system has none. */
function bindingOf({ ino, birthtimeNs }: BigIntStats) {
  return { inode: String(ino), born: String(birthtimeNs) };
}

async function placeOf(folder: string): Promise<DataFacts['place']> {
  const found = await stat(folder).catch(async (error: unknown) => {
    const isThere = await lstat(folder).catch(() => null);
    const isGone = isErrno(error) && (error.code === 'ENOENT' || error.code === 'ELOOP');
    if (isThere === null && isGone) return 'nothing';
    return isGone ? 'dangling' : 'unreadable';
  });
  if (typeof found === 'string') return found;
  if (!found.isDirectory()) return 'no-folder';
  return isFilled(folder).then(
    (filled) => (filled ? 'filled' : 'empty'),
    () => 'unreadable',
  );
}

async function isFilled(folder: string): Promise<boolean> {
  for await (const { name } of await opendir(folder)) {
    if (!NO_CONTENT.includes(name)) return true;
  }
  return false;
}

/** Whatever it is; what cannot be looked at is not there. */
function hasFile(path: string): Promise<boolean> {
  return exists(path).catch(() => false);
}

async function recordNames({ made }: Paths): Promise<string[]> {
  const files = await readdir(made).catch(() => []);
  return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
}
