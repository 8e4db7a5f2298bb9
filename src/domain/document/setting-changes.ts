import { refuse } from '../base/error.ts';
import { wordsIn } from '../base/names.ts';
import { timingOf } from '../nodes/liveness.ts';
import type { SettingValue } from '../roles/role.ts';
import { portClash } from '../roles/rules.ts';
import { type Asked, changed, type Decision, unchanged } from './change.ts';
import type { Cluster } from './cluster.ts';
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
  if (JSON.stringify(wanted) === JSON.stringify(before)) return unchanged(cluster, before);
  if (definition.fixed !== undefined) throw stays(params, before, definition.fixed);
  const { [key]: _before, ...others } = cluster.settings[component] ?? {};
  const isDefault = JSON.stringify(wanted) === JSON.stringify(definition.default);
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
  return changed(cluster, { settings }, wanted);
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
