import * as v from 'valibot';
import { changeSetting } from '../domain/change/settings.ts';
import { definitionOfSetting, definitionsOf, settingsOf } from '../domain/settings.ts';
import { change, read } from './operation.ts';

const VALUE = v.union([v.string(), v.number(), v.boolean(), v.array(v.string())]);
const WHERE = { component: v.string(), key: v.string() };

export const configSet = change(
  'config.set',
  'admin',
  v.variant('act', [
    v.strictObject({ ...WHERE, act: v.literal('set'), value: VALUE }),
    v.strictObject({ ...WHERE, act: v.picklist(['push', 'pop']), value: v.string() }),
    v.strictObject({ ...WHERE, act: v.literal('del') }),
  ]),
  changeSetting,
);

/** All components, one, or one value. */
export const configGet = read(
  'config.get',
  'anyone',
  v.strictObject({ component: v.nullable(v.string()), key: v.nullable(v.string()) }),
  async ({ cluster, catalogue }, { component, key }) => {
    if (component === null) {
      const withSettings = [...catalogue.roles.values()]
        .filter((role) => Object.keys(definitionsOf(catalogue, role.name)).length > 0)
        .map((role) => role.name);
      return Object.fromEntries(
        ['cluster', ...withSettings].map((name) => [name, settingsOf(cluster, catalogue, name)]),
      );
    }
    const settings = settingsOf(cluster, catalogue, component);
    if (key === null) return settings;
    definitionOfSetting(catalogue, component, key);
    return settings[key]!;
  },
);
