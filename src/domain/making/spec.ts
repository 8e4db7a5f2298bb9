import type { ErrorRecord } from '../base/error-codes.ts';
import type { ReloadConfirm, Update } from '../roles/role.ts';
import type { Version } from '../views/view.ts';
import type { DataState } from './data-state.ts';

/** All that should be on one node, complete: nothing is left to choose when it is applied. */
export interface Spec {
  version: Version;
  /** Name of the node. */
  node: string;
  processes: ProcessSpec[];
  /** Processes whose files could not be made: they are left as they are. */
  broken: { process: string; error: ErrorRecord }[];
  /**
   * Where the node has a role that this kato does not know: all processes that it does know. Others may
   * be of that role, and are left as they are.
   */
  known?: string[];
  /** Processes of this kato that others send requests to: those are told before one stops. */
  serving: string[];
  /** Data that a person asked to be deleted. */
  purge: { process: string; folder: string }[];
}

export interface ProcessSpec {
  name: string;
  roles: string[];
  /** One of them makes its node the core. */
  ofCore: boolean;
  /** Packages of its roles on this node's distribution. */
  packages: string[];
  user: string;
  /** Wanted state after all of stop, hold and the role's own state were weighed. */
  up: boolean;
  argv: string[];
  environment: Record<string, string>;
  ready: { tcp: { address: string; port: number } } | { command: string[] } | null;
  readySeconds: number;
  /** Processes that it starts after, where the node runs them. */
  after: string[];
  stop: { signal: string; seconds: number };
  /** Absolute path below KATO_ROOT, or null. */
  dataFolder: string | null;
  initialize: { argv: string[]; marker: string; readsConfig: boolean } | null;
  /** `hash` is of the secrets that the data is to have. */
  setSecrets: { argv: string[]; hash: string } | null;
  config: ConfigSpec | null;
  update: Update;
  reloadSignal: string | null;
  reloadConfirm: ReloadConfirm | null;
  /** What it started may outlive it: an apt-get that is killed leaves packages half installed. */
  sparesStarted?: true;
  /** A larger number than the one observed asks for one restart. */
  restarts: number;
  /** The revision since which its roles are to be ready anew; absent of a process that serves no pool. */
  told?: number;
  /** TCP ports it will listen on. */
  listens: Listen[];
  service: ServiceFolder;
}

export interface Listen {
  address: string;
  port: number;
}

/** The s6 service folder of a process. Stable: only files in it are replaced. */
export interface ServiceFolder {
  /** Hash over all files: names, modes, content. */
  hash: string;
  /** Over what the program is started by: another one needs a restart. */
  programHash: string;
  /** By path inside the folder: `run`, `finish`, `data/check`, `log/run`, ... */
  files: Record<string, { content: string; mode: number }>;
}

/** The config folder of a process: content-addressed, checked, then switched by one rename. */
export interface ConfigSpec {
  /** SHA-256 (hex, first 16 characters) over names, modes and content of all files. */
  hash: string;
  files: ConfigFile[];
  /** argv with `${config}` for the folder to check. */
  check: string[] | null;
}

export interface ConfigFile {
  path: string;
  mode: number;
  content: string;
  change: 'reload' | 'restart';
}

/** What is on the node now, as far as a plan needs it. */
export interface Observed {
  /** Of the packages that the spec names. */
  missingPackages: string[];
  /**
   * Processes whose data is this machine's to delete: it is on record, or left by a first run that
   * broke off. Whether they are wanted or not. What has no record is not kato's.
   */
  dataOf: string[];
  processes: Record<string, ObservedProcess>;
}

export interface ObservedProcess {
  state: ProcessState;
  pid: number | null;
  /** ISO time of the last change of state. */
  since: string;
  /** Hash of the live config folder, null without one. */
  configHash: string | null;
  /** SHA-256 of each file of the config that is loaded, to tell reload from restart. */
  fileHashes: Record<string, string>;
  /** Hash over `run`, `finish` and the other files of the service folder. */
  serviceHash: string | null;
  programHash: string | null;
  /** The config that the running program has loaded; differs after a failed reload or a crash in between. */
  loadedHash: string | null;
  restarts: number;
  /** That of the wish by which it was last started, or has loaded its config. */
  told: number;
  /** Supervised to be up (s6 wants it up) whatever it is at the moment. */
  wantedUp: boolean;
  /**
   * The supervision is wrong about it: it speaks of a process that is gone, or has not heard for long
   * that one is ready.
   */
  unheard: boolean;
  /** `none` for a process that keeps no data. */
  data: DataState;
  /** Of the secrets that the data was given last. */
  secretsHash: string | null;
}

export const PROCESS_STATES = ['STOPPED', 'STARTING', 'RUNNING', 'FATAL', 'ROGUE'] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];
