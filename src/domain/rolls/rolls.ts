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

/** Whether the turn of a node is under way: it may be done with it, and others have not heard of that. */
export function isInTurn({ rolls }: Cluster, nodeId: string): boolean {
  return Object.values(rolls ?? {}).some((roll) => turnOf(roll).node === nodeId);
}

/** Revisions at which a node has had its turn, in rolls that have not ended. */
export function turnsOf({ rolls }: Cluster, nodeId: string): number[] {
  return Object.values(rolls ?? {}).flatMap(({ turns }) => own(turns, nodeId) ?? []);
}

/** The command that gives all nodes again what they had before. */
export function takingBack(role: string, { key, from }: Roll): string {
  const items = [from].flat().map((item) => (/^[\w.:/-]+$/.test(`${item}`) ? item : `'${item}'`));
  const words = items.length === 0 ? "''" : items.join(' ');
  return `kato config set ${role} ${key} ${words}`;
}
