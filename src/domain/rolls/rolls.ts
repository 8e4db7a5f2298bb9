import { own } from '../base/own.ts';
import type { Cluster, Node, Roll } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue, SettingValue } from '../roles/role.ts';

/** What of a role's settings a node has otherwise than they are wanted: at most one. */
export function heldBack(
  { rolls }: Pick<Cluster, 'rolls'>,
  role: string,
  nodeId: string,
): Record<string, SettingValue> {
  const roll = own(rolls ?? {}, role);
  return roll === undefined || nodeId in roll.turns
    ? {}
    : { [roll.key]: valueBefore(roll, nodeId) };
}

/** What a node had before its turn. */
export function valueBefore({ earlier, from }: Roll, nodeId: string): SettingValue {
  return own(earlier ?? {}, nodeId) ?? from;
}

/** The roles of a node whose settings it does not have yet as they are wanted. */
export function awaitedRoles(
  cluster: Cluster,
  catalogue: Catalogue,
  { id, roles }: Node,
): string[] {
  return Object.keys(cluster.rolls ?? {}).filter((role) => {
    if (!(role in roles) || !catalogue.roles.has(role)) return false;
    const wanted = settingsOf(cluster, catalogue, role);
    const held = Object.entries(heldBack(cluster, role, id));
    return held.some(([key, value]) => !isSameValue(value, wanted[key]!));
  });
}

export function isSameValue(a: SettingValue, b: SettingValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export interface Turn {
  node: string;
  revision: number;
}

/** The turn that is under way, or at which it stopped. */
export function turnOf({ turns }: Roll): Turn {
  const [last] = Object.entries(turns).sort(([, a], [, b]) => b - a);
  const [node, revision] = last!;
  return { node, revision };
}

/** Whether a node is still to have what a change has asked for, and the revisions at which its turns began. */
export function rollsAskedAt(
  cluster: Cluster,
  catalogue: Catalogue,
  node: Node,
  revision: number,
): { isAwaited: boolean; turns: number[] } {
  const rolls = askedAt(cluster, revision);
  const awaited = rolls.length === 0 ? [] : awaitedRoles(cluster, catalogue, node);
  return {
    isAwaited: rolls.some(([role]) => awaited.includes(role)),
    turns: rolls.flatMap(([, { turns }]) => own(turns, node.id) ?? []),
  };
}

/** Whether it has what a change has asked for, and its turn is not over: others may not have heard of it. */
export function isInTurn(cluster: Cluster, nodeId: string, revision: number): boolean {
  return askedAt(cluster, revision).some(([, roll]) => turnOf(roll).node === nodeId);
}

function askedAt({ rolls }: Cluster, revision: number): [role: string, roll: Roll][] {
  return Object.entries(rolls ?? {}).filter(([, { asked }]) => asked.includes(revision));
}

/** The command that gives all nodes again what they had before. */
export function takingBack(role: string, { key, from }: Roll): string {
  const items = [from].flat().map((item) => (/^[\w.:/-]+$/.test(`${item}`) ? item : `'${item}'`));
  const words = items.length === 0 ? "''" : items.join(' ');
  return `kato config set ${role} ${key} ${words}`;
}
