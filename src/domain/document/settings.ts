import { refuse } from '../base/error.ts';
import { didYouMean, isNetwork, wordsIn } from '../base/names.ts';
import { own } from '../base/own.ts';
import { durationMs, sizeBytes } from '../base/quantity.ts';
import type { Catalogue, SettingDefinition, SettingValue } from '../roles/role.ts';
import type { Cluster } from './cluster.ts';
import { CLUSTER_SETTINGS } from './cluster-settings.ts';

/** Settings of a component with defaults filled in. */
export function settingsOf(
  cluster: Cluster,
  catalogue: Catalogue,
  component: string,
): Record<string, SettingValue> {
  const definitions = definitionsOf(catalogue, component);
  const set = cluster.settings[component] ?? {};
  return Object.fromEntries(
    Object.entries(definitions).map(([key, definition]) => [key, set[key] ?? definition.default]),
  );
}

export function definitionsOf(
  catalogue: Catalogue,
  component: string,
): Record<string, SettingDefinition> {
  if (component === 'cluster') return CLUSTER_SETTINGS;
  const role = catalogue.roles.get(component);
  if (role !== undefined) return role.settings;
  throw refuse(
    'UNKNOWN_KEY',
    `there is no component '${component}'`,
    didYouMean(component, ['cluster', ...catalogue.roles.keys()]),
    'a component is cluster or a role; kato config get shows them all',
  );
}

export function definitionOfSetting(
  catalogue: Catalogue,
  component: string,
  key: string,
): SettingDefinition {
  const definitions = definitionsOf(catalogue, component);
  const definition = own(definitions, key);
  if (definition !== undefined) return definition;
  throw refuse(
    'UNKNOWN_KEY',
    `${component} has no setting '${key}'`,
    didYouMean(key, Object.keys(definitions)),
    `kato config get ${component}`,
  );
}

/** The value of its declared type, or a refusal that says what is allowed. */
export function checkSetting(
  name: string,
  definition: SettingDefinition,
  value: SettingValue,
): SettingValue {
  if (definition.type === 'networks') return checkNetworks(name, definition, value);
  const typed = asScalar(definition.type, value);
  if (typed === undefined) {
    throw refuse('BAD_VALUE', `${name} cannot be ${JSON.stringify(value)}`, expected(definition));
  }
  const { minimum, maximum, choices } = definition;
  const size = typeof typed === 'number' ? typed : 0;
  const outside =
    (minimum !== undefined && size < minimum) || (maximum !== undefined && size > maximum);
  const unchosen = choices !== undefined && !choices.includes(String(typed));
  if ((typeof typed === 'number' && outside) || unchosen) {
    throw refuse('BAD_VALUE', `${name} cannot be ${String(typed)}`, expected(definition));
  }
  return typed;
}

function expected({ type, minimum, maximum, choices }: SettingDefinition): string {
  if (choices !== undefined) return `it must be one of ${choices.join(', ')}`;
  const range = [
    minimum === undefined ? undefined : `from ${minimum}`,
    maximum === undefined ? undefined : `to ${maximum}`,
  ].filter((part) => part !== undefined);
  return `it must be ${[KINDS[type], ...range].join(' ')}`;
}

const KINDS: Record<SettingDefinition['type'], string> = {
  string: 'a text of at most 1024 characters without quotes, ; { } \\ and $',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  duration: 'a time such as 500ms, 30s, 5m, 2h or 1d, more than 0 and at most 365d',
  size: 'a size such as 512k, 64m or 1g (of 1024), at most 1024g',
  networks: 'a list of addresses or networks such as 10.1.0.0/16',
};

/** Programs refuse what is too large for them, or take it for something else. */
const DURATION_MS_MAX = durationMs('365d');
/** To programs no time at all means now, or never. */
const isDuration = (ms: number): boolean => ms > 0 && ms <= DURATION_MS_MAX;
const SIZE_BYTES_MAX = sizeBytes('1024g');
/** Values reach config files: no control characters, quotes or separators of theirs. */
const TEXT = /^[^\p{Cc}"'`;{}\\$]{0,1024}$/u;

function asScalar(type: SettingDefinition['type'], value: SettingValue): SettingValue | undefined {
  if (Array.isArray(value)) return undefined;
  const text = String(value).trim();
  switch (type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case 'number':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'duration':
      return isDuration(durationMs(text)) ? text : undefined;
    case 'size':
      return sizeBytes(text) <= SIZE_BYTES_MAX ? text : undefined;
    default:
      return TEXT.test(text) ? text : undefined;
  }
}

/** Of a long list only what is wrong is named. */
function checkNetworks(name: string, definition: SettingDefinition, value: SettingValue): string[] {
  const items: unknown[] = Array.isArray(value) ? value : wordsIn(String(value));
  const wrong = items.filter((item) => typeof item !== 'string' || !isNetwork(item));
  if (wrong.length === 0) return items as string[];
  const named = wrong.map((item) => JSON.stringify(item)).join(', ');
  throw refuse('BAD_VALUE', `${name} cannot have ${named}`, expected(definition));
}
