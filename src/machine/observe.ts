import { sha256 } from '../domain/base/hash.ts';
import { dataStateOf } from '../domain/making/data-state.ts';
import type { Paths } from '../domain/making/paths.ts';
import { programHash, serviceFolderHash } from '../domain/making/s6/service-folder.ts';
import type { Observed, ObservedProcess, ProcessSpec } from '../domain/making/spec.ts';
import { lookAtData, ownedData } from './disk/data-folder.ts';
import { readIfExists, readLinkIfExists } from './disk/files.ts';
import { configOf } from './disk/places.ts';
import { startedFor } from './disk/started-for.ts';
import { missingPackages } from './packages.ts';
import { passesCheck, readState, readStatus, serviceNames, serviceOf } from './s6/service.ts';
import { filesBelow, readServiceFiles } from './s6/service-files.ts';

/**
 * What is on the node: of the given processes, and of each other one with a service folder; with `only`, of
 * those of them that it names.
 */
export async function observe(
  paths: Paths,
  processes: readonly ProcessSpec[] = [],
  only?: readonly string[],
): Promise<Observed> {
  const specs = new Map(processes.map((process) => [process.name, process]));
  const all = new Set([...(await serviceNames(paths)), ...specs.keys()]);
  const names = [...all].filter((name) => only?.includes(name) ?? true);
  const packages = new Set(processes.flatMap((process) => process.packages));
  const [missing, dataOf, entries] = await Promise.all([
    missingPackages([...packages], paths),
    ownedData(paths),
    Promise.all(
      [...names].map(async (name) => [name, await one(name, specs.get(name), paths)] as const),
    ),
  ]);
  return { missingPackages: missing, dataOf, processes: Object.fromEntries(entries) };
}

/** The part of it that a status needs: quick, for it is asked for at any time. */
export async function observeStates(paths: Paths): Promise<Record<string, ProcessNow>> {
  const names = await serviceNames(paths);
  const states = names.map(async (name) => [name, await stateNow(name, paths)] as const);
  return Object.fromEntries(await Promise.all(states));
}

/** Longer than what starts slowly is not asked for each time that it is looked at. */
const LONG_STARTING_MS = 30_000;

async function isUnheard(folder: string, now: ProcessNow): Promise<boolean> {
  if (!now.wantedUp || now.state !== 'STARTING') return false;
  const status = await readStatus(folder);
  if (status?.isStale === true) return true;
  if (status?.up !== true || Date.now() - status.changedAt < LONG_STARTING_MS) return false;
  return passesCheck(folder);
}

export type ProcessNow = Pick<ObservedProcess, 'state' | 'pid' | 'since' | 'wantedUp'>;

async function stateNow(name: string, paths: Paths): Promise<ProcessNow> {
  const { status, state } = await readState(serviceOf(name, paths));
  const since = state === 'RUNNING' ? status?.readyAt : status?.changedAt;
  return {
    state,
    pid: status?.pid ?? null,
    since: new Date(since ?? 0).toISOString(),
    wantedUp: status?.wantedUp ?? false,
  };
}

async function one(
  name: string,
  spec: ProcessSpec | undefined,
  paths: Paths,
): Promise<ObservedProcess> {
  const folder = serviceOf(name, paths);
  const config = configOf(name, paths);
  const [now, files, configHash, loadedHash, started] = await Promise.all([
    stateNow(name, paths),
    readServiceFiles(folder),
    readLinkIfExists(`${config}/current`),
    readLinkIfExists(`${config}/loaded`),
    startedFor(name, paths),
  ]);
  return {
    ...now,
    configHash,
    loadedHash,
    fileHashes: loadedHash === null ? {} : await fileHashes(config, loadedHash),
    serviceHash: files === null ? null : serviceFolderHash(files),
    programHash: files === null ? null : programHash(files),
    ...started,
    unheard: await isUnheard(folder, now),
    ...(await observeData(name, spec, paths)),
  };
}

async function observeData(
  name: string,
  spec: ProcessSpec | undefined,
  paths: Paths,
): Promise<Pick<ObservedProcess, 'data' | 'secretsHash'>> {
  const folder = spec?.dataFolder ?? null;
  if (folder === null) return { data: 'none', secretsHash: null };
  const facts = await lookAtData(name, folder, spec?.initialize?.marker ?? null, paths);
  return { data: dataStateOf(facts), secretsHash: facts.secrets };
}

/** Config folders never change once they have their name. */
const hashesOfFolder = new Map<string, Record<string, string>>();
const FOLDERS_REMEMBERED = 100;

async function fileHashes(config: string, hash: string): Promise<Record<string, string>> {
  const folder = `${config}/${hash}`;
  const known = hashesOfFolder.get(folder);
  if (known !== undefined) return known;
  const hashes: Record<string, string> = {};
  for (const path of await filesBelow(folder).catch(() => [])) {
    hashes[path] = sha256((await readIfExists(`${folder}/${path}`)) ?? '');
  }
  if (hashesOfFolder.size >= FOLDERS_REMEMBERED) hashesOfFolder.clear();
  hashesOfFolder.set(folder, hashes);
  return hashes;
}
