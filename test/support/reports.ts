import type { ProcessState } from '../../src/domain/making/spec.ts';
import type { Report } from '../../src/domain/making/step.ts';
import { NOW } from './clusters.ts';

/** What a node reports that has done all and runs these processes. */
export function reportOf(
  node: string,
  processes: Record<string, ProcessState>,
  changes: Partial<Report> = {},
): Report {
  const entries = Object.entries(processes).map(([name, state]) => [
    name,
    { state, pid: state === 'RUNNING' ? 7 : null, since: NOW, held: false },
  ]);
  return {
    node,
    version: { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1', proof: '' },
    kato: '0.1.0',
    catalogue: [],
    bootId: 'boot-1',
    at: NOW,
    steps: [],
    failures: [],
    processes: Object.fromEntries(entries),
    roles: {},
    refusedView: null,
    complete: true,
    ...changes,
  };
}
