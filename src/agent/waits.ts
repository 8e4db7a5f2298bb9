import { isAway, toErrorRecord } from '../domain/base/error.ts';
import type { StepFailure } from '../domain/making/step.ts';
import type { Status } from '../domain/telling/status.ts';
import { errorOf, failureWarning } from '../domain/telling/status-of.ts';
import { AGENT } from '../machine/disk/places.ts';

/** What an agent cannot do although the bus is there, and no step of a pass reports. */
type WaitsFor = 'fetch-view' | 'send-report' | 'make-pass';

/**
 * Why an agent waits. That somebody is away is reported elsewhere, and what is in a report by the
 * controllers; the rest is for users who ask on this node.
 */
export interface Waits {
  /** Null when it waits no more. */
  note(what: WaitsFor, error: unknown): void;
  /** For the report: one that arrives was not refused. */
  failures(): StepFailure[];
  /** The status with what no report could tell. */
  warned(status: Status, node: string): Status;
}

export function createWaits(): Waits {
  const waits = new Map<WaitsFor, StepFailure>();
  return {
    note: (kind, error) => {
      // A pass does not break off because somebody is away, but a program of this node may take too long.
      const isElsewhere = kind !== 'make-pass' && isAway(error);
      if (error === null || isElsewhere) waits.delete(kind);
      else waits.set(kind, { kind, process: AGENT, ...toErrorRecord(error) });
    },
    failures: () => [...waits.values()].filter(({ kind }) => kind === 'fetch-view'),
    warned: (status, node) => {
      const said = new Set(status.warnings.map(({ message }) => message));
      const own = [...waits.values()]
        .map((failure) => failureWarning(node, errorOf(failure)))
        .filter(({ message }) => !said.has(message));
      return own.length === 0 ? status : { ...status, warnings: [...own, ...status.warnings] };
    },
  };
}
