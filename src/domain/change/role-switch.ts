import type { Cluster, Node } from '../cluster.ts';
import { refuse } from '../error.ts';
import { serving } from '../pools.ts';
import type { Catalogue } from '../role.ts';
import { definitionOf, expandRoles, processNames } from '../roles.ts';
import { type Asked, changed, type Decision, unchanged } from './change.ts';
import { findNode, withNode } from './find-node.ts';
import { bumped, without } from './records.ts';

export interface RoleSwitch {
  node: string;
  /** Empty stands for all of the node's roles. */
  roles: string[];
  to: 'start' | 'stop' | 'restart';
}

export interface RolesSwitched {
  node: string;
  roles: string[];
  already: string[];
}

/** Starts, stops or restarts roles. A stop is wanted state: it holds until somebody starts them. */
export function switchRoles(
  cluster: Cluster,
  params: RoleSwitch,
  asked: Asked,
): Decision<RolesSwitched> {
  const node = findNode(cluster, params.node);
  const { catalogue } = asked;
  const meant = rolesToSwitch(cluster, catalogue, node, params);
  const isStopped = (role: string): boolean => node.roles[role]!.stopped !== null;
  const isHeld = (role: string): boolean =>
    processNames(catalogue, role).some((name) => name in node.held);
  const isSo = (role: string): boolean =>
    params.to === 'stop' ? isStopped(role) : !isStopped(role) && !isHeld(role);
  const moving = params.to === 'restart' ? meant : meant.filter((role) => !isSo(role));
  const result = {
    node: node.name,
    roles: moving,
    already: meant.filter((role) => !moving.includes(role)),
  };
  if (moving.length === 0) return unchanged(cluster, result);
  const stopped = params.to === 'stop' ? { by: asked.by, at: asked.at } : null;
  const roles = {
    ...node.roles,
    ...Object.fromEntries(moving.map((role) => [role, { ...node.roles[role], stopped }])),
  };
  const processes = moving.flatMap((role) => processNames(catalogue, role));
  const restarts = params.to === 'restart' ? bumped(node.restarts, processes) : node.restarts;
  const held = params.to === 'stop' ? node.held : without(node.held, processes);
  const after = { ...node, roles, restarts, held };
  return changed(cluster, withNode(cluster, after), result, [node.id]);
}

function rolesToSwitch(
  cluster: Cluster,
  catalogue: Catalogue,
  node: Node,
  params: RoleSwitch,
): string[] {
  const vital = (role: string): boolean => isVital(cluster, node, role);
  if (params.roles.length === 0) {
    const supervised = Object.keys(node.roles).filter(
      (role) => definitionOf(catalogue, role).processes.length > 0,
    );
    return params.to === 'stop' ? supervised.filter((role) => !vital(role)) : supervised;
  }
  const named = expandRoles(catalogue, params.roles);
  const foreign = named.find((role) => node.roles[role] === undefined);
  if (foreign !== undefined) {
    throw refuse(
      'NOT_FOUND',
      `node ${node.name} does not have the role '${foreign}'`,
      `it has ${Object.keys(node.roles).join(', ')}`,
      `kato role add -n ${node.name} ${foreign}`,
    );
  }
  const bare = named.find((role) => definitionOf(catalogue, role).processes.length === 0);
  if (bare !== undefined) {
    throw refuse(
      'NOT_FOUND',
      `the role '${bare}' has no process to ${params.to}`,
      'it is the agent, which runs as long as the node does',
      'kato node halt stops the whole node, kato node boot starts it',
    );
  }
  const needed = params.to === 'stop' ? named.find(vital) : undefined;
  if (needed !== undefined) {
    throw refuse(
      'ROLE_NEEDED',
      `the role '${needed}' on ${node.name} cannot be stopped by kato stop`,
      'without the bus and a controller no command could start it again',
      `hold its process until the next boot: kato process stop -n ${node.name} PROCESS`,
    );
  }
  return named;
}

/** The bus, and the last controller that is not stopped. */
export function isVital(cluster: Cluster, node: Node, role: string): boolean {
  if (role === 'primary') return true;
  return role === 'controller' && serving(cluster, role).every((other) => other.id === node.id);
}
