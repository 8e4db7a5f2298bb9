import type { Report } from '../making/step.ts';
import type { RoleState } from './status.ts';

/** What a node reports of its processes. */
export type ProcessesTold = Pick<Report, 'processes'> & {
  failures: readonly Pick<Report['failures'][number], 'process'>[];
};

/** How a role is, by its processes; what a report does not name has not come up yet. */
export function roleState(
  wantedStopped: boolean,
  names: readonly string[],
  report: ProcessesTold | undefined,
): RoleState {
  const processes = names.map((name) => report?.processes[name]);
  const hasFailed = report?.failures.some(({ process }) => names.includes(process)) === true;
  if (hasFailed || processes.some((process) => process?.state === 'FATAL')) return 'failed';
  if (wantedStopped || processes.some((process) => process?.held === true)) return 'stopped';
  return processes.every((process) => process?.state === 'RUNNING') ? 'running' : 'starting';
}
