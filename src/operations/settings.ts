import * as v from 'valibot';
import { amount, errorCode, text, whole, word, words } from '../domain/base/shapes.ts';
import { changeSetting } from '../domain/document/setting-changes.ts';
import { definitionOfSetting, definitionsOf, settingsOf } from '../domain/document/settings.ts';
import { advance } from '../domain/rolls/turns.ts';
import { change, NODE, read } from './operation.ts';

/** Longer than a setting may be, so that who checks it can say why. */
const TEXT = text(4096);
const VALUE = v.union([TEXT, amount(-1e15, 1e15), v.boolean(), words]);
const WHERE = { component: word, key: word };

export const configSet = change(
  'config.set',
  'admin',
  v.variant('act', [
    v.strictObject({ ...WHERE, act: v.literal('set'), value: VALUE }),
    v.strictObject({ ...WHERE, act: v.picklist(['push', 'pop']), value: TEXT }),
    v.strictObject({ ...WHERE, act: v.literal('del') }),
  ]),
  changeSetting,
);

/** By a controller that has seen how the turn of a node has ended. */
export const configAdvance = change(
  'config.advance',
  'controller',
  v.strictObject({
    role: word,
    node: NODE,
    revision: whole(0),
    end: v.union([
      v.literal('over'),
      v.strictObject({
        code: errorCode,
        message: text(4096),
        why: v.exactOptional(text(4096)),
      }),
    ]),
  }),
  (cluster, { node, revision, ...ended }, asked) =>
    advance(cluster, { ...ended, turn: { node, revision } }, asked),
);

/** All components, one, or one value. */
export const configGet = read(
  'config.get',
  'anyone',
  v.strictObject({ component: v.nullable(word), key: v.nullable(word) }),
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
