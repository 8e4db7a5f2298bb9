import type { ProcessState } from '../../domain/making/spec.ts';

/** So many deaths within so many seconds, and a process counts as FATAL; it is still retried. */
const FATAL_DEATHS = 3;
const FATAL_WINDOW_SECONDS = 30;
/** Ready for so long, and earlier deaths no longer count. */
export const RECOVERED_SECONDS = 3;
/** TAI is ahead of UTC by this since 2017; s6 stamps in TAI64N. */
const TAI_AHEAD_SECONDS = 37n;

/** What `s6-svstat` says of one process. Times are Unix milliseconds. */
export interface ServiceStatus {
  up: boolean;
  wantedUp: boolean;
  ready: boolean;
  pid: number | null;
  changedAt: number;
  readyAt: number;
  /** The process that it speaks of is gone: s6 could not write since, for want of room on the disk. */
  isStale?: boolean;
}

/** A status of a process that is gone says nothing but what is wanted. */
export function withoutGone(status: ServiceStatus): ServiceStatus {
  return { ...status, up: false, ready: false, pid: null, isStale: true };
}

/** The fields of `parseStatus`, in its order. */
export const STATUS_FIELDS = 'up,wantedup,ready,pid,updownsince,readysince';

export function parseStatus(line: string): ServiceStatus {
  const [up, wantedUp, ready, pid, changed, readied] = line.trim().split(' ');
  return {
    up: up === 'true',
    wantedUp: wantedUp === 'true',
    ready: ready === 'true',
    pid: up === 'true' ? Number(pid) : null,
    changedAt: fromTai64n(changed!),
    readyAt: fromTai64n(readied!),
  };
}

/** The death times in what `s6-svdt` prints. */
export function parseDeaths(text: string): number[] {
  const labels = text.split('\n').filter((line) => line.startsWith('@'));
  return labels.map((line) => fromTai64n(line.split(' ')[0]!));
}

/** Ready for so long that earlier deaths do not count, or since before the clock was set back. */
export function isWell(status: ServiceStatus, nowMs: number): boolean {
  const readyMs = nowMs - status.readyAt;
  return status.up && status.ready && (readyMs < 0 || readyMs >= RECOVERED_SECONDS * 1000);
}

export function stateOf(status: ServiceStatus, deaths: number[], now: number): ProcessState {
  if (!status.wantedUp && !status.up) return 'STOPPED';
  // Those that are still to come are of before the clock was set back: nobody knows how long.
  const recent = deaths.filter((at) => at <= now && now - at < FATAL_WINDOW_SECONDS * 1000);
  if (recent.length >= FATAL_DEATHS && !isWell(status, now)) return 'FATAL';
  return status.up && status.ready ? 'RUNNING' : 'STARTING';
}

function fromTai64n(label: string): number {
  const seconds = BigInt(`0x${label.slice(1, 17)}`) - 2n ** 62n - TAI_AHEAD_SECONDS;
  return Number(seconds) * 1000 + Math.floor(Number.parseInt(label.slice(17, 25), 16) / 1e6);
}
