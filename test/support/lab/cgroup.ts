import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { until } from '../until.ts';
import type { LabRecord } from './store.ts';

/** A cgroup for a host whose systemd takes all that it is given for its own. Throws where none can be made. */
export function makeCgroup(lab: LabRecord, host: number): string {
  const folder = cgroupOf(lab, host);
  if (folder === undefined) throw new Error('no cgroups of version 2 are mounted here');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** With all that systemd made in it; this can be done as soon as the host's last process has ended. */
export async function removeCgroup(lab: LabRecord, host: number): Promise<void> {
  const folder = cgroupOf(lab, host);
  if (folder === undefined) return;
  const gone = () => {
    if (existsSync(folder)) remove(folder);
    return true;
  };
  await until(gone, { what: `${folder} is removed`, seconds: 10 });
}

/** Version 2 is mounted alone, or beside version 1 at a place of its own. */
function cgroupOf({ number }: LabRecord, host: number): string | undefined {
  const [, place] = readFileSync('/proc/self/mounts', 'utf8').match(/^\S+ (\S+) cgroup2 /m) ?? [];
  return place && `${place}/kato-lab-${number}-h${host}`;
}

/** Folders only: the kernel's files in them go with them. */
function remove(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) remove(`${folder}/${entry.name}`);
  }
  rmdirSync(folder);
}
