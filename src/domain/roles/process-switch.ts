import { refuse } from '../base/error.ts';
import { didYouMean } from '../base/names.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { findNode, withNode } from '../nodes/find-node.ts';
import { without } from '../nodes/records.ts';
import { restarted } from '../nodes/serving.ts';
import { isLast, isVital, whyNobody } from './last.ts';
import type { Catalogue } from './role.ts';
import { processNames } from './roles.ts';

export interface ProcessSwitch {
  node: string;
  /** Empty stands for all processes of the node's roles. */
  processes: string[];
  to: 'start' | 'stop' | 'restart';
  /** Also hold what no other node would serve. */
  force: boolean;
  /** The agent of the node answered a moment ago. */
  isAnswering: boolean;
}

export interface ProcessesSwitched {
  node: string;
  processes: string[];
  already: string[];
  /** Left as they are, though all were meant: the cluster would have none, or they are held. */
  spared: string[];
  /** No command reaches the cluster any more: the bus is held, or the last controller. */
  cutOff: boolean;
}

/**
 * Holds processes down until the node's next boot, ends the hold, or asks for a restart.
 * NODE_UNREACHABLE while that boot is not known, and where nobody would see that nothing was held.
 */
export function switchProcesses(
  cluster: Cluster,
  params: ProcessSwitch,
  asked: Asked,
): Decision<ProcessesSwitched> {
  const node = findNode(cluster, params.node);
  const { catalogue } = asked;
  const bootId = bootOf(node, asked);
  const roleThat = (is: typeof isLast, process: string): string | undefined =>
    Object.keys(node.roles).find(
      (role) => processNames(catalogue, role).includes(process) && is(cluster, node, role, asked),
    );
  const isHeld = (name: string): boolean => node.held[name] === bootId;
  const isSpared = (name: string): boolean => {
    if (params.to === 'stop') return !params.force && roleThat(isLast, name) !== undefined;
    return params.to === 'restart' && isHeld(name);
  };
  const named = processesToSwitch(catalogue, node, params);
  const spared = named.filter(isSpared);
  const meant = named.filter((name) => !isSpared(name));
  if (params.processes.length > 0 && spared.length > 0) {
    const [first] = spared as [string];
    if (params.to === 'restart') throw held(node, first);
    throw needed(node, first, whyNobody(cluster, roleThat(isLast, first)!, asked, node));
  }
  const moving =
    params.to === 'restart'
      ? meant
      : meant.filter((name) => isHeld(name) !== (params.to === 'stop'));
  const cutOff =
    params.to === 'stop' && moving.some((name) => roleThat(isVital, name) !== undefined);
  const result = {
    node: node.name,
    processes: moving,
    already: meant.filter((name) => !moving.includes(name)),
    spared,
    cutOff,
  };
  if (moving.length === 0) return unchanged(cluster, result);
  if (cutOff && !params.isAnswering) throw unheard(node, moving);
  const holds =
    params.to === 'stop'
      ? { ...node.held, ...Object.fromEntries(moving.map((name) => [name, bootId])) }
      : without(node.held, moving);
  const switched = params.to === 'restart' ? restarted(cluster, node, moving, asked) : node;
  const after = withNode(cluster, { ...switched, held: holds });
  // Without the bus or a controller nobody can say that it is down.
  return changed(cluster, after, result, { isFollowed: !cutOff });
}

function bootOf(node: Node, { presence }: Asked): string {
  const { bootId } = presence(node.id);
  if (bootId !== null) return bootId;
  throw refuse(
    'NODE_UNREACHABLE',
    `node ${node.name} has not reported yet`,
    'a process is held for one boot, and its boot is not known',
    `kato process ready -n ${node.name} all --block 30`,
  );
}

function unheard(node: Node, processes: readonly string[]) {
  return refuse(
    'NODE_UNREACHABLE',
    `the agent of ${node.name} does not answer, and would not stop ${processes.join(', ')}`,
    'when it did later, no command could tell or end that',
    `kato node boot on ${node.name} starts its agent anew`,
  );
}

function needed(node: Node, process: string, why: string) {
  return refuse(
    'ROLE_NEEDED',
    `no other node runs '${process}' as ${node.name} does`,
    why,
    `to hold it anyway: kato process stop --force -n ${node.name} ${process}`,
  );
}

function held(node: Node, process: string) {
  return refuse(
    'CONFLICT',
    `the process '${process}' on ${node.name} is held`,
    'a restart does not end a hold',
    `kato process start -n ${node.name} ${process}`,
  );
}

/** A process whose roles are all stopped stays down, whatever is wished for it alone. */
function processesToSwitch(catalogue: Catalogue, node: Node, params: ProcessSwitch): string[] {
  const named = processesOf(catalogue, node, params.processes);
  if (params.to === 'stop') return named;
  const wanted = Object.keys(node.roles).filter((role) => node.roles[role]!.stopped === null);
  const startable = new Set(wanted.flatMap((role) => processNames(catalogue, role)));
  const stopped = named.find((name) => !startable.has(name));
  if (stopped !== undefined && params.processes.length > 0) {
    const role = Object.keys(node.roles).find((name) =>
      processNames(catalogue, name).includes(stopped),
    );
    throw refuse(
      'CONFLICT',
      `the process '${stopped}' on ${node.name} belongs to a stopped role`,
      `the role '${role}' was stopped, and stays so until somebody starts it`,
      `kato start -n ${node.name} ${role}`,
    );
  }
  return named.filter((name) => startable.has(name));
}

/** Names of processes that a node's roles have; unknown ones are refused. */
function processesOf(catalogue: Catalogue, node: Node, names: readonly string[]): string[] {
  const known = Object.keys(node.roles).flatMap((role) => processNames(catalogue, role));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw refuse(
      'NOT_FOUND',
      `node ${node.name} has no process '${unknown}'`,
      didYouMean(unknown, known) ?? `its roles have ${known.join(', ') || 'no process'}`,
      `kato process list -n ${node.name}`,
    );
  }
  return names.length === 0 ? [...new Set(known)] : [...new Set(names)];
}
