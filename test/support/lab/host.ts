import type { Result, Running, RunOptions } from './command.ts';
import type { HostProcess } from './processes.ts';

/** A machine of a lab. What it cannot do in its kind of lab is refused with `NotInThisLab`. */
export interface Host {
  readonly name: string;
  readonly address: string;
  readonly isOn: boolean;
  /** Its first process as the machine sees it; undefined while it is off. */
  readonly pid: number | undefined;

  /** Resolves with whatever exit code; rejects when it is not done in time. */
  run(argv: string[], options?: RunOptions): Promise<Result>;
  /** `kato ARGS`: its stdout. Rejects with all it said when it fails. */
  kato(...args: string[]): Promise<string>;
  spawn(argv: string[], options?: RunOptions): Running;
  /** How another program, with a terminal of its own, gets a command to run here. */
  enter(argv: string[]): { argv: string[]; env: Record<string, string> };

  read(path: string): Promise<string>;
  /** Makes the folders above it too. */
  write(path: string, text: string, mode?: string): Promise<void>;
  processes(): HostProcess[];

  /** Cuts the power: nothing is told, nothing is flushed, /run is lost, the disk stays. */
  powerOff(): Promise<void>;
  /** Boots from the same disk; a node that was set up comes back from its ledger. */
  powerOn(): Promise<void>;
  /** Cuts the cable; silently: packets vanish, and the link still looks up. */
  cut(options?: { silent?: boolean }): Promise<void>;
  heal(): Promise<void>;
  /** Stops all processes, or those with this id (as the host sees it) or name. */
  freeze(which?: number | string): Promise<void>;
  thaw(which?: number | string): Promise<void>;
}

/** The kind of lab that this machine allows cannot do this; a test skips itself on it. */
export class NotInThisLab extends Error {
  override name = 'NotInThisLab';
}

export const LEDGER = '/var/lib/kato/state/ledger.json';
export const LOGIN = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'dumb',
  LANG: 'C.UTF-8',
};

export function selectProcesses(all: HostProcess[], which?: number | string): HostProcess[] {
  const found = all.filter((one) => which === undefined || one.pid === which || one.name === which);
  if (found.length === 0) throw new Error(`no process ${which ?? ''} is running here`);
  return found;
}
