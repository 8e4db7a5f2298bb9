import { refuse } from '../base/error.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { findNode, withNode } from '../nodes/find-node.ts';
import { without } from '../nodes/records.ts';
import { restarted } from '../nodes/serving.ts';
import { isHeld, isLast, isVital, whyNobody } from './last.ts';
import type { Catalogue } from './role.ts';
import { definitionOf, expandRoles, processNames } from './roles.ts';

export interface RoleSwitch {
  node: string;
  /** Empty stands for all of the node's roles. */
  roles: string[];
  to: 'start' | 'stop' | 'restart';
  /** Also stop what no other node would serve. */
  force: boolean;
}

export interface RolesSwitched {
  node: string;
  roles: string[];
  already: string[];
  /** Left as they are, though all were meant: the cluster would have none, or a person stopped them. */
  spared: string[];
}

/** Starts, stops or restarts roles. A stop is wanted state: it holds until somebody starts them. */
export function switchRoles(
  cluster: Cluster,
  params: RoleSwitch,
  asked: Asked,
): Decision<RolesSwitched> {
  const node = findNode(cluster, params.node);
  const { catalogue } = asked;
  const { bootId } = asked.presence(node.id);
  const isStopped = (role: string): boolean => node.roles[role]!.stopped !== null;
  const { meant, spared } = rolesToSwitch(cluster, node, params, asked);
  const isSo = (role: string): boolean =>
    params.to === 'stop' ? isStopped(role) : !isStopped(role) && !isHeld(node, role, bootId, asked);
  const moving = params.to === 'restart' ? meant : meant.filter((role) => !isSo(role));
  const result = {
    node: node.name,
    roles: moving,
    already: meant.filter((role) => !moving.includes(role)),
    spared,
  };
  if (moving.length === 0) return unchanged(cluster, result);
  const stopped = params.to === 'stop' ? { by: asked.by, at: asked.at } : null;
  const roles = {
    ...node.roles,
    ...Object.fromEntries(moving.map((role) => [role, { ...node.roles[role], stopped }])),
  };
  const processes = moving.flatMap((role) => processNames(catalogue, role));
  const switched =
    params.to === 'restart' ? restarted(cluster, node, processes, asked) : { ...node, roles };
  const held = params.to === 'start' ? without(node.held, processes) : node.held;
  const after = { ...switched, held };
  return changed(cluster, withNode(cluster, after), result);
}

/** Only a start ends a person's stop or hold: a restart leaves such roles alone. */
function rolesToSwitch(
  cluster: Cluster,
  node: Node,
  params: RoleSwitch,
  asked: Asked,
): { meant: string[]; spared: string[] } {
  const { catalogue } = asked;
  const { bootId } = asked.presence(node.id);
  const isNeeded = (role: string): boolean =>
    isVital(cluster, node, role, asked) || (!params.force && isLast(cluster, node, role, asked));
  const isSpared = (role: string): boolean => {
    if (params.to === 'stop') return isNeeded(role);
    const isStopped = node.roles[role]?.stopped !== null;
    return params.to === 'restart' && (isStopped || isHeld(node, role, bootId, asked));
  };
  if (params.roles.length === 0) {
    const all = Object.keys(node.roles).filter((role) => processNames(catalogue, role).length > 0);
    return { meant: all.filter((role) => !isSpared(role)), spared: all.filter(isSpared) };
  }
  const named = expandRoles(catalogue, params.roles);
  refuseForeign(catalogue, node, named, params.to);
  const spared = named.find(isSpared);
  if (spared === undefined) return { meant: named, spared: [] };
  if (params.to === 'restart') throw isStoppedBy(node, spared);
  const processes = processNames(catalogue, spared);
  if (isVital(cluster, node, spared, asked)) throw vital(node, spared, processes);
  throw last(node, spared, whyNobody(cluster, spared, asked, node));
}

/** NOT_FOUND for a role that the node does not have, or that has nothing to switch. */
function refuseForeign(
  catalogue: Catalogue,
  node: Node,
  named: readonly string[],
  to: RoleSwitch['to'],
): void {
  const foreign = named.find((role) => node.roles[role] === undefined);
  if (foreign !== undefined) {
    throw refuse(
      'NOT_FOUND',
      `node ${node.name} does not have the role '${foreign}'`,
      `it has ${Object.keys(node.roles).join(', ')}`,
      definitionOf(catalogue, foreign).given === 'setup'
        ? 'kato status shows which node has it'
        : `kato role add -n ${node.name} ${foreign}`,
    );
  }
  const bare = named.find((role) => processNames(catalogue, role).length === 0);
  if (bare === undefined) return;
  throw refuse(
    'NOT_FOUND',
    `the role '${bare}' has no process to ${to}`,
    'it is the agent, which runs as long as the node does',
    'kato node halt stops the whole node, kato node boot starts it',
  );
}

function isStoppedBy(node: Node, role: string) {
  return refuse(
    'CONFLICT',
    `the role '${role}' on ${node.name} does not run: a person stopped it`,
    'a restart does not end a stop or a hold',
    `kato start -n ${node.name} ${role}`,
  );
}

function vital(node: Node, role: string, processes: readonly string[]) {
  return refuse(
    'ROLE_NEEDED',
    `the role '${role}' on ${node.name} cannot be stopped by kato stop`,
    'without the bus and a controller no command could start it again',
    `hold its process until the next boot: kato process stop --force -n ${node.name} ${processes.join(' ')}`,
  );
}

function last(node: Node, role: string, why: string) {
  return refuse(
    'ROLE_NEEDED',
    `no other node runs the role '${role}' that ${node.name} has`,
    why,
    `give it to another node first, or stop it anyway: kato stop --force -n ${node.name} ${role}`,
  );
}
