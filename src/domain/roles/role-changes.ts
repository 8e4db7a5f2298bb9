import { refuse } from '../base/error.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node, NodeRole } from '../document/cluster.ts';
import { findNode, withNode } from '../nodes/find-node.ts';
import { without } from '../nodes/records.ts';
import { lastRemoved } from './last.ts';
import { checkKnown, unknownToController } from './not-known.ts';
import type { Catalogue } from './role.ts';
import { definitionOf, expandRoles, isGrantable, isTrusted } from './roles.ts';
import { brokenRule } from './rules.ts';

/** Which roles a command means: those named, every one, every one but those, or just those. */
export type Selection = 'named' | 'all' | 'all-but' | 'only';

export interface RoleAdd {
  node: string;
  roles: string[];
  selection: Selection;
  /** Add them stopped. */
  noStart: boolean;
  /** With `only`: also take what no other node would serve. */
  force: boolean;
}

export interface RolesChanged {
  node: string;
  added: string[];
  removed: string[];
  already: string[];
}

export function addRoles(cluster: Cluster, params: RoleAdd, asked: Asked): Decision<RolesChanged> {
  const node = findNode(cluster, params.node);
  const { catalogue } = asked;
  const byAdmin = isAdmin(cluster, asked.by);
  const elsewhere = params.roles.find(
    (role) => !catalogue.roles.has(role) && node.catalogue.includes(role),
  );
  if (elsewhere !== undefined) throw unknownToController(elsewhere);
  const wanted = selectToAdd(catalogue, node, params, byAdmin);
  const kept = params.selection === 'only' ? keptByOnly(catalogue, node, wanted) : node.roles;
  const added = wanted.filter((role) => node.roles[role] === undefined);
  const removed = Object.keys(node.roles).filter((role) => kept[role] === undefined);
  const result = {
    node: node.name,
    added,
    removed,
    already: wanted.filter((role) => node.roles[role] !== undefined),
  };
  if (added.length === 0 && removed.length === 0) return unchanged(cluster, result);
  for (const role of added) checkMayHave(cluster, node, role, catalogue, byAdmin);
  const fresh: NodeRole = {
    stopped: params.noStart ? { by: asked.by, at: asked.at } : null,
  };
  const roles = { ...kept, ...Object.fromEntries(added.map((role) => [role, fresh])) };
  return settle(cluster, node, roles, result, { ...asked, force: params.force });
}

export interface RoleRemove {
  node: string;
  roles: string[];
  selection: 'named' | 'all' | 'all-but';
  purgeData: boolean;
  /** Also take what no other node would serve. */
  force: boolean;
}

export function removeRoles(
  cluster: Cluster,
  params: RoleRemove,
  asked: Asked,
): Decision<RolesChanged> {
  const node = findNode(cluster, params.node);
  const { catalogue } = asked;
  const named = expandRoles(catalogue, params.roles, node.roles);
  const leaving = (role: string): boolean =>
    params.selection === 'named' ? named.includes(role) : !named.includes(role);
  const removable = (role: string): boolean => catalogue.roles.get(role)?.given !== 'always';
  const always = named.find((role) => !removable(role));
  if (params.selection === 'named' && always !== undefined) {
    throw refuse('ROLE_NEEDED', `the role '${always}' stays on every node`);
  }
  const removed = Object.keys(node.roles).filter((role) => leaving(role) && removable(role));
  const result = {
    node: node.name,
    added: [],
    removed,
    already: params.selection === 'named' ? named.filter((role) => !node.roles[role]) : [],
  };
  const going = params.selection === 'named' ? named : removed;
  const unknown = going.find((role) => !catalogue.roles.has(role));
  if (params.purgeData && unknown !== undefined) throw unknownToController(unknown);
  const purge = params.purgeData ? dataProcesses(catalogue, going) : [];
  if (removed.length === 0 && purge.every((name) => node.purged.includes(name))) {
    return unchanged(cluster, result);
  }
  const roles = without(node.roles, removed);
  const purged = [...new Set([...node.purged, ...purge])];
  return settle(cluster, { ...node, purged }, roles, result, { ...asked, force: params.force });
}

function selectToAdd(
  catalogue: Catalogue,
  node: Node,
  params: RoleAdd,
  byAdmin: boolean,
): string[] {
  const named = expandRoles(catalogue, params.roles);
  if (params.selection === 'named' || params.selection === 'only') return named;
  const fits = (role: string): boolean => {
    const definition = definitionOf(catalogue, role);
    return (
      definition.given === 'add' &&
      definition.perCluster.max === null &&
      isGrantable(catalogue, role, node.allowedRoles, byAdmin)
    );
  };
  return [...catalogue.roles.keys()].filter((role) => fits(role) && !named.includes(role));
}

function keptByOnly(
  catalogue: Catalogue,
  node: Node,
  wanted: readonly string[],
): Record<string, NodeRole> {
  return Object.fromEntries(
    Object.entries(node.roles).filter(
      ([role]) => wanted.includes(role) || catalogue.roles.get(role)?.given === 'always',
    ),
  );
}

export function isAdmin(cluster: Cluster, nodeId: string): boolean {
  return cluster.nodes[nodeId]?.admin === true;
}

/** What this node, by its token, its catalogue and the role's own rule, may be given. */
export function checkMayHave(
  cluster: Cluster,
  node: Node,
  role: string,
  catalogue: Catalogue,
  byAdmin: boolean,
): void {
  if (definitionOf(catalogue, role).given === 'setup') {
    throw refuse(
      'ROLE_EXCLUDED',
      `the role '${role}' cannot be added to a node`,
      'it is given by a setup command',
      definitionOf(catalogue, role).core
        ? 'kato node setup --help'
        : `on ${node.name}, once it is attached: kato node setup load_balancer`,
    );
  }
  checkAllowed(cluster, node, role, catalogue, byAdmin);
}

/**
 * NOT_ALLOWED for a role that only an admin gives or that the node's token left out, VERSION for one
 * that the node does not know, or a controller.
 */
export function checkAllowed(
  cluster: Cluster,
  node: Node,
  role: string,
  catalogue: Catalogue,
  byAdmin: boolean,
): void {
  if (!byAdmin && isTrusted(catalogue, role)) {
    throw refuse(
      'NOT_ALLOWED',
      `node ${node.name} may not have the role '${role}' with its token`,
      'a node that has it holds secrets of the whole cluster, so only an admin can give it',
      `on the core, once the node is attached: kato role add -n ${node.name} ${role}`,
    );
  }
  if (!byAdmin && node.allowedRoles !== null && !node.allowedRoles.includes(role)) {
    throw refuse(
      'NOT_ALLOWED',
      `node ${node.name} may not have the role '${role}'`,
      `its token allowed ${node.allowedRoles.join(', ') || 'no role'}`,
      definitionOf(catalogue, role).given === 'setup'
        ? `detach it and attach it with a token that allows this: kato token create --roles ${role}`
        : `on an admin node, such as the core: kato role add -n ${node.name} ${role}`,
    );
  }
  checkKnown(cluster, catalogue, role, [node]);
}

function settle(
  cluster: Cluster,
  node: Node,
  roles: Record<string, NodeRole>,
  result: RolesChanged,
  { force, ...asked }: Asked & { force: boolean },
): Decision<RolesChanged> {
  const { catalogue } = asked;
  const kept = Object.keys(roles);
  const wanted = new Set(dataProcesses(catalogue, kept));
  const after = { ...node, roles, purged: node.purged.filter((name) => !wanted.has(name)) };
  const nodes = withNode(cluster, after);
  const then = { ...cluster, ...nodes };
  const refusal =
    brokenRule(then, catalogue, after, node.roles) ?? lastRemoved(cluster, then, asked, force);
  if (refusal !== undefined) throw refusal;
  return changed(cluster, nodes, result);
}

function dataProcesses({ roles }: Catalogue, names: readonly string[]): string[] {
  return names
    .flatMap((name) => roles.get(name)?.processes ?? [])
    .filter((process) => process.data)
    .map((process) => process.name);
}
