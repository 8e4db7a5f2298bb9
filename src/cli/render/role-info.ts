import type { PortDefinition, RoleDefinition } from '../../domain/roles/role.ts';
import { table } from './text/table.ts';

/** What `kato role info` shows of a role. */
export interface RoleInfo
  extends Pick<RoleDefinition, 'name' | 'summary' | 'given' | 'needs' | 'excludes' | 'perCluster'> {
  processes: string[];
  ports: Pick<PortDefinition, 'port' | 'protocol' | 'purpose'>[];
  settings: string[];
  /** Names of the nodes that have it; null where no cluster can be asked. */
  nodes: string[] | null;
}

const GIVEN = {
  always: 'every node has it',
  setup: 'by a setup command',
  add: 'by kato role add',
} as const;

/** One line a role for several, all there is to say for one. */
export function roleInfoLines(roles: readonly RoleInfo[], width: number): string[] {
  const [role, ...more] = roles;
  if (role === undefined) return ['no role'];
  if (more.length === 0) return detailLines(role, width);
  const rows = roles.map(({ name, nodes, summary }) => [
    name,
    nodes === null ? '-' : String(nodes.length),
    summary,
  ]);
  return table([['ROLE', 'NODES', 'WHAT IT DOES'], ...rows], width);
}

function detailLines(role: RoleInfo, width: number): string[] {
  const { min, max } = role.perCluster;
  const ports = role.ports.map(({ port, protocol, purpose }) => `${port}/${protocol} ${purpose}`);
  const rows = [
    ['role', role.name],
    ['does', role.summary],
    ['given', GIVEN[role.given]],
    ['nodes', role.nodes === null ? 'unknown' : role.nodes.join(' ') || 'none'],
    ['allowed', `on ${min} to ${max ?? 'any number of'} nodes`],
    ['needs', role.needs.join(' ') || 'nothing'],
    [
      'excludes',
      role.excludes.includes('*') ? 'every other role' : role.excludes.join(' ') || 'nothing',
    ],
    ['processes', role.processes.join(' ') || 'none'],
    ['ports', ports.join(', ') || 'none'],
    ['settings', role.settings.join(' ') || 'none'],
  ];
  return table(rows, width);
}
