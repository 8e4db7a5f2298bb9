import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { attempt } from './command.ts';

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
