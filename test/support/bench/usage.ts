import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Linux says so for every kernel that kato runs on. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Of one CPU, on average over the time. */
  cpuPercent: number;
  /** Resident at the end, with what it shares with other processes. */
  megabytes: number;
  /** Its alone: what one more such process costs. */
  ownMegabytes: number;
}

/** What a process of this machine (id as seen from here) uses while nothing is asked of it. */
export async function usageOf(pids: readonly number[], seconds: number): Promise<Usage[]> {
  const before = pids.map(cpuSeconds);
  const began = performance.now();
  await pause(seconds * 1000);
  const took = (performance.now() - began) / 1000;
  return pids.map((pid, i) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    return {
      cpuPercent: ((cpuSeconds(pid) - before[i]!) / took) * 100,
      megabytes: kilobytes('VmRSS') / 1024,
      ownMegabytes: kilobytes('RssAnon') / 1024,
    };
  });
}

/** All that a process has used since its start. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may have spaces, comes the state; user and system time are 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
