import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Paths } from '../../domain/making/paths.ts';
import { groupFile } from '../../domain/making/s6/service-folder.ts';
import { attempt } from '../command.ts';
import { readIfExists } from '../disk/files.ts';
import { statNumber } from '../s6/proc-stat.ts';
import { serviceNames } from '../s6/service.ts';

export interface PortOwner {
  address: string;
  /** Null when this user may not know. */
  pid: number | null;
  name: string | null;
}

const ANY = ['0.0.0.0', '*', '[::]'];

/** Who listens on a TCP port in a way that keeps `address` from listening there; null: nobody. */
export async function portOwner(address: string, port: number): Promise<PortOwner | null> {
  const { stdout } = await attempt(['ss', '-Hltnp', `sport = :${port}`]);
  for (const line of stdout.split('\n')) {
    const local = line.trim().split(/\s+/)[3];
    if (local === undefined) continue;
    const at = local.slice(0, local.lastIndexOf(':')).replace(/%.*$/, '');
    if (at !== address && !ANY.includes(at) && !ANY.includes(address)) continue;
    const pid = /pid=(\d+)/.exec(line)?.[1];
    if (pid === undefined) return { address: at, pid: null, name: null };
    const program = await readlink(`/proc/${pid}/exe`).catch(() => null);
    return { address: at, pid: Number(pid), name: program === null ? null : basename(program) };
  }
  return null;
}

/** Whether a program is of a process that kato supervises here. */
export async function isOfOurs(pid: number | null, paths: Paths): Promise<boolean> {
  const group = await groupOf(pid);
  if (group === null) return false;
  const files = (await serviceNames(paths)).map((name) => readIfExists(groupFile(name, paths)));
  return (await Promise.all(files)).some((text) => text !== null && Number(text) === group);
}

const PARENT_FIELD = 4;
const GROUP_FIELD = 5;
/** Deeper than any program starts others. */
const GENERATIONS_MAX = 20;

/** The process group of a pid, which outlives its leader. */
export async function groupOf(pid: number | null): Promise<number | null> {
  return pid === null ? null : statNumber(pid, GROUP_FIELD);
}

/** Whether a program was started by another one, by way of others or not. */
export async function descendsFrom(pid: number | null, ancestor: number | null): Promise<boolean> {
  let now = pid;
  for (let i = 0; now !== null && ancestor !== null && i < GENERATIONS_MAX; i++) {
    if (now === ancestor) return true;
    now = await statNumber(now, PARENT_FIELD);
  }
  return false;
}
