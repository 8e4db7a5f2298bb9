import type { ErrorRecord } from '../base/error-codes.ts';
import { own } from '../base/own.ts';
import type { Cluster } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import { nameOfNode } from '../nodes/find-node.ts';
import type { Catalogue } from '../roles/role.ts';
import { confirmedWith } from '../roles/roles.ts';
import { awaiting, takingBack, turnOf } from './rolls.ts';

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
  const rest = awaiting(cluster, catalogue, role).filter(
    ({ pendingUntil }) => pendingUntil === null,
  );
  const come = `it came to ${all.length - rest.length} of ${all.length} nodes, and to no other`;
  const why = [come, ...(stopped.why === undefined ? [] : [stopped.why])].join('; ');
  const next = `give it another value, or take it back: ${takingBack(role, roll)}`;
  return {
    node,
    error: { code: stopped.code, message, why, next },
    line: `${message}; ${come}: ${next}`,
  };
}

/** What a change that asked for settings has to do with the nodes that are to have them. */
export interface RollsAsked {
  /** Still to have one of them. */
  awaiting: ReadonlySet<string>;
  /** Has one, and its turn is not over: others may not have heard of it. */
  inTurn: ReadonlySet<string>;
  /** At which the last turn of a node began; 0 for one that had none. */
  turnOf(nodeId: string): number;
  /** Why it does not go on, for those that are to have it, or are not well with it. */
  stopOf(nodeId: string): ErrorRecord | null;
}

/** Of a change at this revision: once for all of its nodes. */
export function rollsAskedAt(cluster: Cluster, catalogue: Catalogue, revision: number): RollsAsked {
  const rolls = Object.entries(cluster.rolls ?? {}).filter(([, { asked }]) =>
    asked.includes(revision),
  );
  const each = rolls.map(([role, roll]) => ({
    roll,
    awaiting: awaiting(cluster, catalogue, role).map(({ id }) => id),
    inTurn: turnOf(roll).node,
    stopped: rollStopped(cluster, catalogue, role),
  }));
  const stops = new Map(
    each.flatMap(({ awaiting: ids, inTurn, stopped }) =>
      stopped === null ? [] : [...ids, inTurn].map((id) => [id, stopped.error] as const),
    ),
  );
  return {
    awaiting: new Set(each.flatMap((one) => one.awaiting)),
    inTurn: new Set(each.map((one) => one.inTurn)),
    turnOf: (id) => Math.max(0, ...each.map(({ roll }) => own(roll.turns, id) ?? 0)),
    stopOf: (id) => stops.get(id) ?? null,
  };
}
