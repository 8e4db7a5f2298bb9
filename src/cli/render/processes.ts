import type { NodeProcesses } from '../../operations/roles.ts';
import { table } from './text/table.ts';
import { localTime } from './text/time.ts';

export function processLines(nodes: readonly NodeProcesses[], width: number): string[] {
  const rows = nodes.flatMap((node) =>
    Object.entries(node.processes).map(([name, { state, pid, since, held }]) => [
      node.node,
      name,
      `${state}${held ? ' (held)' : ''}${node.stale ? ' (last known)' : ''}`,
      pid === null ? '-' : String(pid),
      localTime(since),
    ]),
  );
  if (rows.length === 0) return ['no processes'];
  return table([['NODE', 'PROCESS', 'STATE', 'PID', 'SINCE'], ...rows], width);
}
