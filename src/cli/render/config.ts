import type { SettingValue } from '../../domain/roles/role.ts';

/** All components, the settings of one, or one value. */
export type Config =
  | Record<string, Record<string, SettingValue>>
  | Record<string, SettingValue>
  | SettingValue;

/** `router http_port 80`: the path to each value, then the value as JSON where it is a list. */
export function flatLines(config: Config, path: readonly string[]): string[] {
  if (typeof config !== 'object') return [[...path, String(config)].join(' ')];
  if (Array.isArray(config)) return [[...path, JSON.stringify(config)].join(' ')];
  return Object.entries(config).flatMap(([name, value]) => flatLines(value, [...path, name]));
}
