import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessMark {
  pid: number;
  /** Ticks since the machine's boot. */
  startedAt: number;
}

export interface HostProcess {
  /** As the host sees it. */
  pid: number;
  /** As the machine sees it. */
  outerPid: number;
  name: string;
  argv: string[];
}

export function markOf(pid: number): ProcessMark | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // The name stands in brackets and may hold anything, so count from its end: state is field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  return state === 'Z' || state === 'X' ? undefined : { pid, startedAt: Number(startedAt) };
}

export function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.startedAt === mark.startedAt;
}

export function childrenOf(pid: number): number[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

export function namespaceOf(pid: number, kind: 'pid' | 'mnt'): string | undefined {
  return attempt(() => readlinkSync(`/proc/${pid}/ns/${kind}`));
}

export function processesIn(kind: 'pid' | 'mnt', namespace: string): HostProcess[] {
  return allPids()
    .filter((pid) => namespaceOf(pid, kind) === namespace)
    .flatMap((pid) => describeProcess(pid) ?? []);
}

/**
 * Whoever waits outside for a command in a host (nsenter) stops itself when that one is frozen, and then neither
 * passes on its end nor lets the host end. Lets all of a mount namespace go on, save a frozen host's own; counts them.
 */
export function wake(
  mounts: string,
  { ownProcesses, startedBy = Number.POSITIVE_INFINITY }: Waiters = {},
): number {
  const waiters = processesIn('mnt', mounts).filter(
    ({ outerPid: pid }) =>
      namespaceOf(pid, 'pid') !== ownProcesses && (markOf(pid)?.startedAt ?? 0) <= startedBy,
  );
  for (const one of waiters) signal(one.outerPid, 'SIGCONT');
  return waiters.length;
}

interface Waiters {
  /** The process namespace of a frozen host. */
  ownProcesses?: string | undefined;
  /** Ticks: the kernel gives the number of a namespace that ended to a new one. */
  startedBy?: number;
}

/** Ticks since the machine's boot, as `startedAt`. */
export function ticksNow(): number {
  return Math.ceil(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * TICKS_PER_SECOND);
}

const TICKS_PER_SECOND = 100;

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

export function describeProcess(pid: number): HostProcess | undefined {
  const status = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (status === undefined || markOf(pid) === undefined) return undefined;
  const field = (name: string) => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1] ?? '';
  const argv = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return {
    pid: Number(field('NSpid').split(/\s+/).at(-1)),
    outerPid: pid,
    name: field('Name'),
    argv: argv.split('\0').filter(Boolean),
  };
}

export function signal(pid: number, name: NodeJS.Signals): void {
  attempt(() => process.kill(pid, name));
}

/** A process may end between two looks at it: what cannot be read is not there. */
export function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
