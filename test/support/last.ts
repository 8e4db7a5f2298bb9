import assert from 'node:assert/strict';
import { KatoError } from '../../src/domain/base/error.ts';
import type { Asked } from '../../src/domain/document/change.ts';
import type { Cluster, Node } from '../../src/domain/document/cluster.ts';
import type { ProcessState } from '../../src/domain/making/spec.ts';
import { removeNodes } from '../../src/domain/nodes/leave.ts';
import type { Presence } from '../../src/domain/nodes/presence.ts';
import { switchProcesses } from '../../src/domain/roles/process-switch.ts';
import { addRoles, removeRoles } from '../../src/domain/roles/role-changes.ts';
import { switchRoles } from '../../src/domain/roles/role-switch.ts';
import { asked, clusterWith, later, NOW, who, withNode } from './clusters.ts';
import { reportOf } from './reports.ts';

/** What `run` refuses. */
export function thrown(run: () => unknown): KatoError {
  try {
    run();
  } catch (error) {
    if (error instanceof KatoError) return error;
    throw error;
  }
  assert.fail('nothing was refused');
}

/** A report in which the process is so, or is not told of; with a step of it that failed. */
export function told(process: string, state: ProcessState | null, failed = false, held = false) {
  const processes = state === null ? {} : { [process]: { state, pid: null, since: NOW, held } };
  const failure = { kind: 'start', process, code: 'FAILED', message: 'it ends at once' } as const;
  return { report: reportOf(process, {}, { processes, failures: failed ? [failure] : [] }) };
}

/** Each way in which the other node with a role serves nobody, and how that is told. */
export const IDLE: Record<string, { node?: Partial<Node>; presence?: Partial<Presence> }> = {
  stopped: { node: { roles: { R: { stopped: { by: 'core', at: NOW } } } } },
  held: { node: { held: { R: 'boot-1' } } },
  dead: { presence: { gone: 'dead' } },
  left: { presence: { gone: 'left' } },
  joining: { node: { pendingUntil: later(60) } },
  failed: { presence: told('R', 'STOPPED', true) },
  starting: { presence: told('R', null) },
};
export const AILING = ['failed', 'starting'];

type Taking = (cluster: Cluster, role: string, by: Asked, force: boolean) => unknown;

/** Each way in which a node stops serving a role by a command. */
export const TAKEN: Record<string, Taking> = {
  'role remove': (cluster, role, by, force) =>
    removeRoles(
      cluster,
      { node: 'last', roles: [role], selection: 'named', purgeData: false, force },
      by,
    ),
  'role add --only': (cluster, _role, by, force) =>
    addRoles(
      cluster,
      { node: 'last', roles: ['redis'], selection: 'only', noStart: false, force },
      by,
    ),
  'node remove': (cluster, _role, by, force) =>
    removeNodes(cluster, { nodes: ['last'], awaited: () => true, force }, by),
  stop: (cluster, role, by, force) =>
    switchRoles(cluster, { node: 'last', roles: [role], to: 'stop', force }, by),
  'process stop': (cluster, role, by, force) =>
    switchProcesses(
      cluster,
      { node: 'last', processes: [role], to: 'stop', force, isAnswering: true },
      by,
    ),
};

/** Two nodes with the role, of which `other` serves nobody, nor does the core if it has it. */
export function twoWith(role: string, idle: string) {
  const { node = {}, presence = {} } = IDLE[idle] ?? {};
  const named = <T extends object>(of: T): T =>
    JSON.parse(JSON.stringify(of).replaceAll('"R"', `"${role}"`));
  const cluster = clusterWith({ last: [role], other: [role] });
  const { roles } = cluster.nodes.core!;
  const off = { stopped: { by: 'core', at: NOW } };
  const core = { roles: role in roles ? { ...roles, [role]: off } : roles };
  return {
    cluster: withNode(withNode(cluster, 'core', core), 'other', named(node)),
    by: asked(who({ other: named(presence) })),
  };
}
