import type { ErrorRecord } from '../base/error-codes.ts';
import type { ReloadConfirm } from '../roles/role.ts';
import type { ProvenVersion, Version } from '../views/view.ts';
import type { ConfigSpec, Listen, ProcessState, ServiceFolder } from './spec.ts';

/** One change to a node: complete, idempotent, with nothing left to decide. */
export type Step =
  | { kind: 'install-packages'; process: string; packages: string[] }
  /** Marks and records it too, unless a first run has to fill it. */
  | (DataStep & { kind: 'make-data' })
  /** What a first run that broke off has left is moved aside before. */
  | (DataStep & { kind: 'initialize'; argv: string[]; marker: string })
  /** Marks and records data that is there. */
  | (DataStep & { kind: 'adopt-data' })
  /** Fails with DATA_MISSING, unless the data is there by now. */
  | (DataStep & { kind: 'find-data' })
  /** `hash` stands for the secrets that the data has afterwards. */
  | (DataStep & { kind: 'set-secrets'; argv: string[]; hash: string })
  /** Writes the folder for this hash and runs its check; the live one is untouched. */
  | { kind: 'write-config'; process: string; user: string; config: ConfigSpec }
  | (NextStart & { kind: 'switch-config'; process: string; hash: string })
  | (NextStart & { kind: 'write-service'; process: string; service: ServiceFolder })
  /** Refused with PORT_TAKEN when a foreign program has one of its ports. */
  | {
      kind: 'start';
      process: string;
      readySeconds: number;
      listens: Listen[];
      restarts: number;
      told?: number;
      /** Processes that are to be ready before, where the node is to run them. */
      after: string[];
    }
  /** Fails as a start does. */
  | { kind: 'await-ready'; process: string; readySeconds: number }
  /** Waits until nobody sends requests to it any more, as of this revision; done when the time is over, too. */
  | { kind: 'leave'; process: string; revision: number; seconds: number }
  | { kind: 'stop'; process: string; seconds: number }
  | { kind: 'restart'; process: string; restarts: number; told?: number; readySeconds: number }
  /** Makes the supervision look again; restarts the process where it serves and was never heard to. */
  | { kind: 'recheck'; process: string; restarts: number; told?: number; readySeconds: number }
  | {
      kind: 'reload';
      process: string;
      signal: string;
      confirm: ReloadConfirm | null;
      hash: string;
      told?: number;
    }
  /** Stops, ends the supervision and takes the service and config folders away; data stays. */
  | { kind: 'remove'; process: string; seconds: number }
  | { kind: 'purge-data'; process: string; folder: string };

/** Looks again at what the plan was made on: a volume may come or go at any time. */
export interface DataStep {
  process: string;
  /** One of its roles, null for that of the core, and the name of the node: for the error. */
  role: string | null;
  node: string;
  folder: string;
  user: string;
  /** The file that a first run makes; null for a program that makes its data as it starts. */
  marker: string | null;
}

/** What is written counts from the next start: nothing follows from it for the program that runs. */
interface NextStart {
  fromNextStart?: true;
}

export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** What one pass of an agent did, and how its node is. */
export interface Report {
  node: string;
  /** The version of the view that is applied, as far as the failures allow. */
  version: ProvenVersion;
  /** Hash of what that view says; absent of an agent of 0.1.0. */
  content?: string;
  /** Number of the verdicts that it is known to be made of; absent likewise. */
  verdicts?: number;
  /** The newest version that the node has heard of, where somebody asked it. */
  seen?: ProvenVersion;
  kato: string;
  catalogue: string[];
  bootId: string;
  /** ISO time at the node: reports of one boot are in its order. */
  at: string;
  /** Steps of this pass in order; a pass without a change has none. */
  steps: StepResult[];
  failures: StepFailure[];
  processes: Record<string, ProcessReport>;
  /** The processes of each role. */
  roles: Record<string, string[]>;
  /** A view of an older or other history was offered by a controller and not acted on. */
  refusedView: Version | null;
  /** When the export of the cluster that this node keeps was last up to date, by the node's clock. */
  exportedAt?: string;
  lostLines?: LostLines;
  /** Members of its pools that it cannot reach, as `address:port`; the first of them. */
  unreachable?: string[];
  /** Every process is as it should be, or has failed. */
  complete: boolean;
  /**
   * The others, and since which revision they are to be so: a change after it is about none of them. Absent
   * of an agent that knows of no such thing.
   */
  busy?: Record<string, number>;
}

/** Logs that lose lines now, since nothing can be written to them. */
export interface LostLines {
  /** By their processes; `supervision` is that of s6 itself. */
  logs: string[];
  diskFull: boolean;
}

export interface StepResult {
  kind: Step['kind'];
  process: string;
  ms: number;
  failed: boolean;
  /** What a person should know of it, though it is done. */
  note?: string;
}

export interface StepFailure extends ErrorRecord {
  /**
   * `keep-ledger`: the view could not be put on disk, and so nothing of it was done. `compile`: the
   * files of the process could not be made of it. `keep-export`: the cluster's export was not kept.
   * `fetch-view`, `send-report`: controllers answer, and refuse it. `use-certificate`: one is left out,
   * or lost. `sweep-configs`: old ones are still there. `make-pass`: the pass broke off.
   */
  kind:
    | Step['kind']
    | 'keep-ledger'
    | 'compile'
    | 'keep-export'
    | 'fetch-view'
    | 'send-report'
    | 'use-certificate'
    | 'sweep-configs'
    | 'make-pass';
  process: string;
  /** The domain whose certificate it is about. */
  certificate?: string;
  /** The revision since which the process is to be as it cannot be made. */
  since?: number;
}

export interface ProcessReport {
  state: ProcessState;
  pid: number | null;
  since: string;
  held: boolean;
}
