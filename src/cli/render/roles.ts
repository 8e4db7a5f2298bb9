import type { RolesChanged } from '../../domain/roles/role-changes.ts';
import type { RolesSwitched } from '../../domain/roles/role-switch.ts';

/** One sentence for each thing that became true, or was so before. */
export function rolesChangedLines({ node, added, removed, already }: RolesChanged): string[] {
  return [
    ...sentence(added, `${node} has`),
    ...sentence(removed, `${node} no longer has`),
    ...sentence(
      already,
      added.length + removed.length > 0 ? `as before, ${node} has` : `${node} has`,
    ),
  ];
}

/** The same after a removal, where `already` names roles that the node did not have. */
export function rolesRemovedLines({ node, removed, already }: RolesChanged): string[] {
  return [
    ...sentence(removed, `${node} no longer has`),
    ...sentence(already, `${node} did not have`),
  ];
}

const SWITCHED = {
  start: ['started', 'not stopped before', ''],
  stop: ['stopped until started again', 'stopped before', 'keeps running: no other node has it'],
  restart: ['restarted', '', 'stays as a person left it: stopped, or held'],
} as const;

export function rolesSwitchedLines(
  { node, roles, already, spared = [] }: RolesSwitched,
  to: keyof typeof SWITCHED,
): string[] {
  return switchedLines(node, { moved: roles, already, spared }, SWITCHED[to]);
}

interface Switched {
  moved: readonly string[];
  already: readonly string[];
  spared: readonly string[];
}

/** `words` tell what was done, how it was before, and why something was left as it is. */
export function switchedLines(
  node: string,
  { moved, already, spared }: Switched,
  [done, before, why]: readonly [string, string, string],
): string[] {
  return [
    ...(moved.length > 0 ? [`${node}: ${moved.join(', ')} ${done}`] : []),
    ...(already.length > 0 ? [`${node}: ${already.join(', ')} ${before}`] : []),
    ...(spared.length > 0 ? [`${node}: ${spared.join(', ')} ${why}`] : []),
    ...(moved.length + already.length + spared.length === 0 ? [`${node}: nothing to do`] : []),
  ];
}

function sentence(roles: readonly string[], start: string): string[] {
  return roles.length === 0 ? [] : [`${start} ${roles.join(', ')}`];
}
