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
  if (component === 'primary' && key === 'port') throw busPortStays(before);
  const { [key]: _before, ...others } = cluster.settings[component] ?? {};
  const isDefault = JSON.stringify(wanted) === JSON.stringify(definition.default);
  const settings = {
    ...cluster.settings,
    [component]: isDefault ? others : { ...others, [key]: wanted },
  };
  const after = { ...cluster, settings };
  if (component === 'cluster') {
    timingOf(after);
    checkKeeper(after);
  }
  const clash = portClash(after, asked.catalogue, Object.values(cluster.nodes));
  if (clash !== undefined) throw clash;
  return changed(cluster, { settings }, wanted);
}

/** Each node and each token has it: with another one, nobody would find the core any more. */
function busPortStays(port: SettingValue) {
  return refuse(
    'CONFLICT',
    `the bus stays at port ${port}`,
    'every node knows the core by its address and this port',
  );
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
