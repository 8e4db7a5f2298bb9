import type { ErrorRecord } from '../base/error-codes.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import { nameOfNode } from '../nodes/find-node.ts';
import type { Catalogue } from '../roles/role.ts';
import { confirmedWith } from '../roles/roles.ts';
import { awaitedRoles, takingBack, turnOf } from './rolls.ts';

/** Why a setting comes to no further node. */
export interface RollStopped {
  node: string;
  error: ErrorRecord;
  /** The same in one line, without what the program wrote last. */
  line: string;
}

/** null while it goes on. */
export function rollStopped(
  cluster: Cluster,
  catalogue: Catalogue,
  role: string,
): RollStopped | null {
  const roll = cluster.rolls?.[role];
  if (roll?.stopped === undefined) return null;
  const { key, stopped } = roll;
  const node = nameOfNode(cluster, turnOf(roll).node);
  const to = settingsOf(cluster, catalogue, role)[key];
  const message = `${node} is not well with ${role} ${key} ${to}: ${stopped.message}`;
  const all = confirmedWith(cluster, role);
  const rest = all.filter((one) => awaitedRoles(cluster, catalogue, one).includes(role));
  const come = `it came to ${all.length - rest.length} of ${all.length} nodes, and to no other`;
  const why = [come, ...(stopped.why === undefined ? [] : [stopped.why])].join('; ');
  const next = `give it another value, or take it back: ${takingBack(role, roll)}`;
  return {
    node,
    error: { code: stopped.code, message, why, next },
    line: `${message}; ${come}: ${next}`,
  };
}

/** The same for a change that asked for it, and a node that has to do with it: it is to have it, or not well with it. */
export function stopAbout(
  cluster: Cluster,
  catalogue: Catalogue,
  node: Node,
  revision: number,
): ErrorRecord | null {
  const awaited = awaitedRoles(cluster, catalogue, node);
  for (const [role, roll] of Object.entries(cluster.rolls ?? {})) {
    if (!roll.asked.includes(revision)) continue;
    if (!awaited.includes(role) && turnOf(roll).node !== node.id) continue;
    const stopped = rollStopped(cluster, catalogue, role);
    if (stopped !== null) return stopped.error;
  }
  return null;
}
