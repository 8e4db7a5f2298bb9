import type { Cluster, Node } from '../document/cluster.ts';
import type { Report } from '../making/step.ts';
import { nameOfNode } from '../nodes/find-node.ts';
import type { Catalogue } from '../roles/role.ts';
import { processNames } from '../roles/roles.ts';
import { roleState } from './role-state.ts';
import { hasGone, type NodeState, type RoleState, type RoleStatus } from './status.ts';

/** How a role of a node is; `unknown` where its node or this kato has no file of it. */
export function roleStatus(
  { cluster, catalogue }: { cluster: Cluster; catalogue: Catalogue },
  node: Node,
  role: string,
  state: NodeState,
  report: Report | undefined,
): RoleStatus {
  const isKnown = catalogue.roles.has(role) && node.catalogue.includes(role);
  const stopped = node.roles[role]!.stopped;
  const names = catalogue.roles.has(role)
    ? processNames(catalogue, role)
    : (report?.roles[role] ?? []);
  const reports = names.map((name) => [name, report?.processes[name]] as const);
  const gone = hasGone(state);
  const now = isKnown ? roleState(stopped !== null, names, report) : 'unknown';
  return {
    name: role,
    state: gone ? goneState(state) : now,
    ...(stopped === null ? {} : { stoppedBy: nameOfNode(cluster, stopped.by) }),
    processes: reports.map(([name, process]) => ({
      name,
      state: process === undefined || gone ? 'STOPPED' : process.state,
      pid: gone ? null : (process?.pid ?? null),
      since: process?.since ?? null,
      ...(process?.held === true ? { held: true } : {}),
    })),
  };
}

/** What a vanished node did is not done any more; one that was shut down stopped it in order. */
function goneState(state: 'dead' | 'left'): RoleState {
  return state === 'dead' ? 'failed' : 'stopped';
}
