import type { Cluster } from '../document/cluster.ts';
import { nameOfNode } from '../nodes/find-node.ts';
import type { Catalogue } from '../roles/role.ts';
import { nodesWith } from '../roles/roles.ts';
import { awaiting, turnOf } from '../rolls/rolls.ts';
import { rollStopped } from '../rolls/stop.ts';
import type { Warning } from './status.ts';

/** Settings that have not come to all of their nodes, and what can be done about those that stay so. */
export function rollWarnings(cluster: Cluster, catalogue: Catalogue): Warning[] {
  return Object.entries(cluster.rolls ?? {}).map(([role, roll]): Warning => {
    const stopped = rollStopped(cluster, catalogue, role);
    if (stopped !== null)
      return { code: 'SETTING_STOPPED', message: stopped.line, node: stopped.node };
    const node = nameOfNode(cluster, turnOf(roll).node);
    const rest = awaiting(cluster, catalogue, role).length;
    const all = nodesWith(cluster, role).length;
    const message = `${role} ${roll.key} goes from node to node: it is the turn of ${node}, and ${rest} of ${all} are to follow`;
    return { code: 'SETTING_UNDER_WAY', message, node };
  });
}
