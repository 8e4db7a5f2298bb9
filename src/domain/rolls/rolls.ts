import { own } from '../base/own.ts';
import type { Cluster, Node, Roll } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue, SettingValue } from '../roles/role.ts';
import { nodesWith } from '../roles/roles.ts';

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
function valueBefore({ earlier, from }: Roll, nodeId: string): SettingValue {
  return own(earlier ?? {}, nodeId) ?? from;
}

/** The roles of a node whose settings it does not have yet as they are wanted. */
export function awaitedRoles(
  cluster: Cluster,
  catalogue: Catalogue,
  { id, roles }: Node,
): string[] {
  return Object.entries(cluster.rolls ?? {}).flatMap(([role, roll]) => {
    if (!(role in roles) || !catalogue.roles.has(role)) return [];
    return isToCome(roll, id, settingsOf(cluster, catalogue, role)[roll.key]!) ? [role] : [];
  });
}

/** The nodes of a role that do not have its settings yet as they are wanted. */
export function awaiting(cluster: Cluster, catalogue: Catalogue, role: string): Node[] {
  const roll = own(cluster.rolls ?? {}, role);
  if (roll === undefined || !catalogue.roles.has(role)) return [];
  const wanted = settingsOf(cluster, catalogue, role)[roll.key]!;
  return nodesWith(cluster, role).filter(({ id }) => isToCome(roll, id, wanted));
}

/** Whether a node is still to have what is wanted, and does not have it by itself. */
export function isToCome(roll: Roll, nodeId: string, wanted: SettingValue): boolean {
  return !(nodeId in roll.turns) && !isSameValue(valueBefore(roll, nodeId), wanted);
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
  const [node, revision] = Object.entries(turns).reduce((a, b) => (b[1] > a[1] ? b : a));
  return { node, revision };
}

/** The command that gives all nodes again what they had before. */
export function takingBack(role: string, { key, from }: Roll): string {
  const items = [from].flat().map((item) => (/^[\w.:/-]+$/.test(`${item}`) ? item : `'${item}'`));
  const words = items.length === 0 ? "''" : items.join(' ');
  return `kato config set ${role} ${key} ${words}`;
}
