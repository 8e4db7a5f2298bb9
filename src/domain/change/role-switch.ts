import type { Cluster, Node } from '../cluster.ts';
import { refuse } from '../error.ts';
import type { Catalogue } from '../role.ts';
import { definitionOf, expandRoles } from '../roles.ts';
import { type Asked, changed, type Decision, unchanged } from './change.ts';
import { bumped, without } from './counters.ts';
import { findNode, withNode } from './find-node.ts';

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
  const meant = rolesToSwitch(catalogue, node, params);
  const isSo = (role: string): boolean =>
    (node.roles[role]!.stopped !== null) === (params.to === 'stop');
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
  const processes = moving.flatMap((role) =>
    definitionOf(catalogue, role).processes.map((process) => process.name),
  );
  const restarts = params.to === 'restart' ? bumped(node.restarts, processes) : node.restarts;
  const held = params.to === 'stop' ? node.held : without(node.held, processes);
  const after = { ...node, roles, restarts, held };
  return changed(cluster, withNode(cluster, after), result, [node.id]);
}

function rolesToSwitch(catalogue: Catalogue, node: Node, params: RoleSwitch): string[] {
  const supervised = Object.keys(node.roles).filter(
    (role) => definitionOf(catalogue, role).processes.length > 0,
  );
  if (params.roles.length === 0) {
    // Stopping the bus and the controllers by "all" would leave nobody to start them again.
    return params.to === 'stop'
      ? supervised.filter((role) => definitionOf(catalogue, role).perCluster.min === 0)
      : supervised;
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
  if (params.to === 'stop' && named.includes('primary')) {
    throw refuse(
      'ROLE_NEEDED',
      "the role 'primary' cannot be stopped by kato stop",
      'without the bus no command could start it again',
      'hold it until the next boot with kato process stop nats-server, on the core itself',
    );
  }
  return named;
}
