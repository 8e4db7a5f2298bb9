import { type KatoError, refuse } from '../../domain/base/error.ts';
import { didYouMean } from '../../domain/base/names.ts';
import {
  hasGone,
  type NodeStatus,
  type ProcessStatus,
  type Status,
  type WarningCode,
} from '../../domain/telling/status.ts';

/**
 * What keeps a process of a node, or `all`, from being ready; null when nothing does. What a person
 * stopped or holds does not count for `all`.
 */
export function notReady(status: Status, called: string, process: string): string | null {
  const node = nodeCalled(status, called);
  if (hasGone(node.state)) throw gone(status, node);
  if (node.appliedRevision === 0) return `${node.name} has not reported yet`;
  return process === 'all' ? firstMissing(node) : missing(node, processCalled(node, process));
}

/** A machine that is elsewhere says in its warning why, and what to do. */
function gone({ warnings }: Status, { name, state, address }: NodeStatus): KatoError {
  const told = warnings.find((one) => one.node === name && ELSEWHERE.includes(one.code))?.message;
  const hasLeft = state === 'left';
  const message = `node ${name} ${hasLeft ? 'has left' : 'is dead'}`;
  const why = told ?? (hasLeft ? 'it was halted in order' : undefined);
  const help = hasLeft ? `kato node boot at ${address} starts it` : 'kato status shows since when';
  return refuse('NODE_UNREACHABLE', message, why, told === undefined ? help : undefined);
}

const ELSEWHERE: readonly WarningCode[] = ['NODE_MOVED', 'NODE_CLONED'];

/** What a person stopped or holds on a node, and `all` does not mean: `redis is held`. */
export function leftDown(status: Status, called: string): string[] {
  const { roles } = nodeCalled(status, called);
  const stopped = roles.filter((role) => role.stoppedBy !== undefined);
  const held = roles
    .filter((role) => role.stoppedBy === undefined)
    .flatMap((role) => role.processes.filter((process) => process.held === true));
  return [
    ...stopped.map(({ name, stoppedBy }) => `${name} is stopped by ${stoppedBy}`),
    ...held.map(({ name }) => `${name} is held`),
  ];
}

function nodeCalled(status: Status, called: string): NodeStatus {
  const found = status.nodes.find((node) => [node.id, node.name, node.address].includes(called));
  if (found !== undefined) return found;
  const names = status.nodes.map((node) => node.name);
  throw refuse(
    'UNKNOWN_NODE',
    `there is no node '${called}'`,
    didYouMean(called, names),
    'kato node list',
  );
}

function firstMissing(node: NodeStatus): string | null {
  for (const role of node.roles) {
    if (role.stoppedBy !== undefined) continue;
    if (role.state === 'failed') return `${role.name} on ${node.name} has failed`;
    for (const process of role.processes) {
      const why = process.held === true ? null : missing(node, process);
      if (why !== null) return why;
    }
  }
  return null;
}

function processCalled(node: NodeStatus, called: string): ProcessStatus {
  const all = node.roles.flatMap((role) => role.processes);
  const found = all.find((process) => process.name === called);
  if (found !== undefined) return found;
  const names = all.map((process) => process.name);
  throw refuse(
    'NOT_FOUND',
    `node ${node.name} has no process '${called}'`,
    didYouMean(called, names) ?? `it has ${names.join(', ') || 'none'}`,
    `kato process list -n ${node.name}`,
  );
}

function missing(node: NodeStatus, { name, state, held }: ProcessStatus): string | null {
  if (state === 'RUNNING') return null;
  return `${name} on ${node.name} is ${held === true ? 'held' : state}`;
}
