import type { Node } from '../document/cluster.ts';
import { without } from '../nodes/records.ts';
import type { Catalogue, RoleDefinition } from './role.ts';
import { processNames } from './roles.ts';

/**
 * What no command works without, the bus and a controller, as a core runs it that brings its cluster
 * back: whoever else has a controller may be lost. `again` names the roles that a person had stopped,
 * held or taken away.
 */
export function withNeeded(core: Node, catalogue: Catalogue): { node: Node; again: string[] } {
  const needed = neededRoles(catalogue);
  const started = needed.map(({ name }) => [name, { ...core.roles[name], stopped: null }] as const);
  const roles = { ...core.roles, ...Object.fromEntries(started) };
  const processes = needed.flatMap(({ name }) => processNames(catalogue, name));
  return {
    node: { ...core, roles, held: without(core.held, processes) },
    again: needed.filter((role) => !runs(core, role)).map(({ name }) => name),
  };
}

/** Whether nothing is missing of that. */
export function hasAllNeeded(node: Pick<Node, 'roles' | 'held'>, catalogue: Catalogue): boolean {
  return neededRoles(catalogue).every((role) => runs(node, role));
}

function neededRoles({ roles }: Catalogue): RoleDefinition[] {
  return [...roles.values()].filter(({ core, vital }) => core || vital);
}

/** Of a hold nobody knows whether it is over: it counts. */
function runs({ roles, held }: Pick<Node, 'roles' | 'held'>, role: RoleDefinition): boolean {
  return roles[role.name]?.stopped === null && !role.processes.some(({ name }) => name in held);
}
