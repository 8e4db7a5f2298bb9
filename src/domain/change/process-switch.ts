import type { Cluster, Node } from '../cluster.ts';
import { refuse } from '../error.ts';
import { didYouMean } from '../names.ts';
import type { Catalogue } from '../role.ts';
import { processNames } from '../roles.ts';
import { type Asked, changed, type Decision, unchanged } from './change.ts';
import { findNode, withNode } from './find-node.ts';
import { bumped, without } from './records.ts';
import { isVital } from './role-switch.ts';

export interface ProcessSwitch {
  node: string;
  /** Empty stands for all processes of the node's roles. */
  processes: string[];
  to: 'start' | 'stop' | 'restart';
  /** The node's present boot: a hold ends with it. */
  bootId: string;
}

export interface ProcessesSwitched {
  node: string;
  processes: string[];
  already: string[];
}

/** Holds processes down until the node's next boot, ends the hold, or asks for a restart. */
export function switchProcesses(
  cluster: Cluster,
  params: ProcessSwitch,
  asked: Asked,
): Decision<ProcessesSwitched> {
  const node = findNode(cluster, params.node);
  const vital = Object.keys(node.roles)
    .filter((role) => isVital(cluster, node, role))
    .flatMap((role) => processNames(asked.catalogue, role));
  const named = processesToSwitch(asked.catalogue, node, params);
  const all = params.processes.length === 0;
  const meant = params.to === 'stop' && all ? named.filter((name) => !vital.includes(name)) : named;
  const isHeld = (name: string): boolean => node.held[name] === params.bootId;
  const moving =
    params.to === 'restart'
      ? meant
      : meant.filter((name) => isHeld(name) !== (params.to === 'stop'));
  const result = {
    node: node.name,
    processes: moving,
    already: meant.filter((name) => !moving.includes(name)),
  };
  if (moving.length === 0) return unchanged(cluster, result);
  const held =
    params.to === 'stop'
      ? { ...node.held, ...Object.fromEntries(moving.map((name) => [name, params.bootId])) }
      : without(node.held, moving);
  const restarts = params.to === 'restart' ? bumped(node.restarts, moving) : node.restarts;
  const after = withNode(cluster, { ...node, held, restarts });
  // Without the bus or a controller nobody can say that it is down.
  const silent = params.to === 'stop' && moving.some((name) => vital.includes(name));
  return changed(cluster, after, result, silent ? [] : [node.id]);
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
