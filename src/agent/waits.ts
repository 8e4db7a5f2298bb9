import { isAway, toErrorRecord } from '../domain/base/error.ts';
import type { StepFailure } from '../domain/making/step.ts';
import type { Status } from '../domain/telling/status.ts';
import { errorOf, failureWarning } from '../domain/telling/status-of.ts';
import { AGENT } from '../machine/disk/places.ts';

/** What an agent cannot do although the bus is there, and that is no step of a process. */
type WaitsFor = 'fetch-view' | 'keep-ledger' | 'keep-export' | 'send-report' | 'make-pass';

/**
 * Why an agent waits. That somebody is away is reported elsewhere, and what is in a report by the
 * controllers; the rest is for users who ask on this node.
 */
export interface Waits {
  /** Null when it waits no more. `since` is the revision that it cannot follow. */
  note(what: WaitsFor, error: unknown, since?: number): void;
  /** For the report: one that arrives was not refused. */
  failures(): StepFailure[];
  /** Whether it waits for this. */
  has(what: WaitsFor): boolean;
  /** The status with what no report could tell. */
  warned(status: Status, node: string): Status;
}

export function createWaits(): Waits {
  const waits = new Map<WaitsFor, StepFailure>();
  return {
    note: (kind, error, since) => {
      // A pass does not break off because somebody is away, but a program of this node may take too long.
      const isElsewhere = kind !== 'make-pass' && isAway(error);
      if (error === null || isElsewhere) waits.delete(kind);
      else {
        const of = since === undefined ? {} : { since };
        waits.set(kind, { kind, process: AGENT, ...of, ...toErrorRecord(error) });
      }
    },
    failures: () => [...waits.values()].filter(({ kind }) => kind !== 'send-report'),
    has: (what) => waits.has(what),
    warned: (status, node) => {
      const said = new Set(status.warnings.map(({ message }) => message));
      const own = [...waits.values()]
        .map((failure) => failureWarning(node, errorOf(failure)))
        .filter(({ message }) => !said.has(message));
      return own.length === 0 ? status : { ...status, warnings: [...own, ...status.warnings] };
    },
  };
}
