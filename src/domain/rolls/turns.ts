import type { Reason } from '../base/error-codes.ts';
import { own } from '../base/own.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node, Roll, RollStop } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import { isCore } from '../nodes/core.ts';
import { leavingFirst } from '../nodes/serving.ts';
import type { SettingValue } from '../roles/role.ts';
import { confirmedWith, processNames } from '../roles/roles.ts';
import { isToCome, type Turn, turnOf } from './rolls.ts';

/** How many changes that ask for the same are remembered. */
const ASKED_MAX = 20;

/**
 * The document with another value of a setting, which `before` has for all nodes that have no turn yet: the
 * first node has it at once, the others when it is their turn. Where nobody else has the role all have it.
 */
export function withSetting(
  cluster: Cluster,
  { role, key, before, to }: { role: string; key: string; before: SettingValue; to: SettingValue },
  settings: Cluster['settings'],
  asked: Asked,
): Partial<Cluster> {
  const old = own(cluster.rolls ?? {}, role);
  const { [role]: _old, ...others } = cluster.rolls ?? {};
  const roll: Roll = {
    key,
    asked: [cluster.revision + 1],
    from: old?.from ?? before,
    ...(old === undefined ? {} : { earlier: hadBefore(old, before) }),
    turns: {},
  };
  const after = { ...cluster, settings };
  const [first] = waiting(after, role, roll, to, asked);
  if (first === undefined || confirmedWith(cluster, role).length < 2)
    return old === undefined ? { settings } : { settings, rolls: others };
  return { settings, ...withTurn(after, role, roll, first, asked) };
}

/** A roll that somebody asks for again: it goes on where it stopped, and who asked follows it. */
export function resumed(cluster: Cluster, role: string): Partial<Cluster> {
  const { stopped: _, ...roll } = cluster.rolls![role]!;
  const asked = [...roll.asked.slice(-ASKED_MAX), cluster.revision + 1];
  return { rolls: { ...cluster.rolls, [role]: { ...roll, asked } } };
}

/** How a turn has ended: `over` where all is well, or its node is not there any more. */
export type TurnEnd = 'over' | Reason;

/** What follows from the end of a turn: the next one, the end of the roll, or its stop. */
export function advance(
  cluster: Cluster,
  { role, turn, end }: { role: string; turn: Turn; end: TurnEnd },
  asked: Asked,
): Decision<null> {
  const roll = own(cluster.rolls ?? {}, role);
  const isMeant = (now: Turn): boolean => now.node === turn.node && now.revision === turn.revision;
  if (roll === undefined || roll.stopped !== undefined || !isMeant(turnOf(roll)))
    return unchanged(cluster, null);
  const { [role]: _, ...others } = cluster.rolls!;
  if (end !== 'over') {
    const stopped: RollStop = { at: asked.at, ...end };
    return changed(cluster, { rolls: { ...others, [role]: { ...roll, stopped } } }, null);
  }
  const to = settingsOf(cluster, asked.catalogue, role)[roll.key]!;
  const [next] = waiting(cluster, role, roll, to, asked);
  if (next === undefined) return changed(cluster, { rolls: others }, null);
  return changed(cluster, withTurn(cluster, role, roll, next, asked), null);
}

/**
 * Who is still to have it, in their order: those first to which a change before had come, the core last. Who is
 * gone is passed by, and has it when it is back.
 */
function waiting(
  cluster: Cluster,
  role: string,
  roll: Roll,
  to: SettingValue,
  { catalogue, presence }: Asked,
): Node[] {
  const placeOf = (node: Node): number =>
    isCore(node, catalogue) ? 2 : own(roll.earlier ?? {}, node.id) === undefined ? 1 : 0;
  return confirmedWith(cluster, role)
    .filter(({ id }) => isToCome(roll, id, to) && presence(id).gone === null)
    .sort((a, b) => placeOf(a) - placeOf(b) || (a.name < b.name ? -1 : 1));
}

/** It leaves its pools for so long as it is not ready with the new value, where others serve them. */
function withTurn(
  cluster: Cluster,
  role: string,
  roll: Roll,
  node: Node,
  asked: Asked,
): Pick<Cluster, 'nodes' | 'rolls'> {
  const turns = { ...roll.turns, [node.id]: cluster.revision + 1 };
  const leaving = leavingFirst(cluster, node, processNames(asked.catalogue, role), asked);
  const roles = { ...node.roles, ...leaving };
  return {
    nodes: { ...cluster.nodes, [node.id]: { ...node, roles } },
    rolls: { ...cluster.rolls, [role]: { ...roll, turns } },
  };
}

/** What nodes had of the value that is given up: those whose turn it had been. */
function hadBefore(old: Roll, value: SettingValue): Record<string, SettingValue> {
  const had = Object.keys(old.turns).map((id): [string, SettingValue] => [id, value]);
  return { ...old.earlier, ...Object.fromEntries(had) };
}
