import { refuse } from '../base/error.ts';
import { wordsIn } from '../base/names.ts';
import { own } from '../base/own.ts';
import { timingOf } from '../nodes/liveness.ts';
import type { SettingValue } from '../roles/role.ts';
import { portClash } from '../roles/rules.ts';
import { isSameValue, takingBack, turnOf } from '../rolls/rolls.ts';
import { resumed, withSetting } from '../rolls/turns.ts';
import { type Asked, changed, type Decision, unchanged } from './change.ts';
import type { Cluster, Roll } from './cluster.ts';
import { checkKeeper } from './kept-export.ts';
import { checkSetting, definitionOfSetting, settingsOf } from './settings.ts';

export type SettingChange =
  | { component: string; key: string; act: 'set'; value: SettingValue }
  | { component: string; key: string; act: 'push' | 'pop'; value: string }
  | { component: string; key: string; act: 'del' };

/** Sets a setting, back to its default (`del`), or one item of a list; the result is the value now. */
export function changeSetting(
  cluster: Cluster,
  params: SettingChange,
  asked: Asked,
): Decision<SettingValue> {
  const { component, key } = params;
  const definition = definitionOfSetting(asked.catalogue, component, key);
  const before = settingsOf(cluster, asked.catalogue, component)[key]!;
  const wanted = checkSetting(
    `${component} ${key}`,
    definition,
    nextValue(params, before, definition.default),
  );
  const roll = own(cluster.rolls ?? {}, component);
  if (isSameValue(wanted, before)) {
    const isUnderWay = roll?.key === key;
    return isUnderWay
      ? changed(cluster, resumed(cluster, component), before)
      : unchanged(cluster, before);
  }
  if (definition.fixed !== undefined) throw stays(params, before, definition.fixed);
  const { [key]: _before, ...others } = cluster.settings[component] ?? {};
  if (roll !== undefined) checkNext(cluster, params, roll, wanted);
  const isDefault = isSameValue(wanted, definition.default);
  const settings = {
    ...cluster.settings,
    [component]: isDefault ? others : { ...others, [key]: wanted },
  };
  const after = { ...cluster, settings };
  if (component === 'cluster') {
    timingOf(after);
    checkKeeper(after, asked.catalogue);
  }
  const clash = portClash(after, asked.catalogue, Object.values(cluster.nodes));
  if (clash !== undefined) throw clash;
  if (component === 'cluster') return changed(cluster, { settings }, wanted);
  const next = { role: component, key, before, to: wanted };
  return changed(cluster, withSetting(cluster, next, settings, asked), wanted);
}

/** One setting of a role is on its way at a time. It may be taken back, and where it stopped be another. */
function checkNext(
  cluster: Cluster,
  { component, key }: SettingChange,
  roll: Roll,
  wanted: SettingValue,
): void {
  const isFree = roll.stopped !== undefined || isSameValue(wanted, roll.from);
  if (key === roll.key && isFree) return;
  const { name } = cluster.nodes[turnOf(roll).node] ?? { name: 'a node that is gone' };
  throw refuse(
    'CONFLICT',
    `${component} ${key} cannot be changed now`,
    roll.stopped === undefined
      ? `${component} ${roll.key} goes from node to node, and it is the turn of ${name}`
      : `${component} ${roll.key} came to ${name}, which is not well with it`,
    roll.stopped === undefined
      ? `wait until it is over, or take it back: ${takingBack(component, roll)}`
      : `give that another value, or take it back: ${takingBack(component, roll)}`,
  );
}

function stays({ component, key }: SettingChange, value: SettingValue, why: string) {
  return refuse('CONFLICT', `${component} ${key} stays ${value}`, why);
}

function nextValue(
  params: SettingChange,
  before: SettingValue,
  byDefault: SettingValue,
): SettingValue {
  if (params.act === 'del') return byDefault;
  if (params.act === 'set') return params.value;
  if (!Array.isArray(before)) {
    throw refuse(
      'BAD_VALUE',
      `${params.component} ${params.key} is not a list`,
      'push and pop are for lists',
      `kato config set ${params.component} ${params.key} ${params.value}`,
    );
  }
  const items = wordsIn(params.value);
  if (params.act === 'pop') return before.filter((item) => !items.includes(item));
  return [...new Set([...before, ...items])];
}
