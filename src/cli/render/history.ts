import { isUserKey } from '../../domain/access/nkey.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { HistoryEntry } from '../../domain/telling/history.ts';
import { table } from './text/table.ts';
import { localTime } from './text/time.ts';

export function historyLines(
  entries: readonly HistoryEntry[],
  width: number,
  names: ReadonlyMap<string, string> = new Map(),
): string[] {
  if (entries.length === 0) return ['no changes yet'];
  const rows = entries.map(({ at, by, operation, params, outcome, revision, count }) => [
    localTime(at),
    by,
    revision === null ? '-' : String(revision),
    count === undefined ? outcome : `${outcome}, ${count} times`,
    `${operation} ${paramsText(params, names)}`.trimEnd(),
  ]);
  return table([['WHEN', 'BY', 'REVISION', 'OUTCOME', 'WHAT'], ...rows], width);
}

/** Long words that only programs read. The key of a setting is a name, and no key of the bus. */
const UNREADABLE = new Set(['secretHash', 'catalogue', 'machineId']);

const VALUE_LENGTH_MAX = 60;

/** `node=router-1 roles=redis,memcached`; what says nothing is left out. */
function paramsText(params: Json, names: ReadonlyMap<string, string>): string {
  if (params === null || typeof params !== 'object' || Array.isArray(params)) return '';
  return Object.entries(params)
    .filter(([name, value]) => !UNREADABLE.has(name) && !isUserKey(String(value)))
    .filter(([, value]) => value !== null && value !== false && String(value) !== '')
    .map(([name, value]) => `${name}=${valueText(value, names)}`)
    .join(' ');
}

function valueText(value: Json, names: ReadonlyMap<string, string>): string {
  if (Array.isArray(value)) return value.map((item) => valueText(item, names)).join(',');
  const name = names.get(String(value));
  if (name !== undefined) return name;
  if (value !== null && typeof value === 'object') return JSON.stringify(value);
  return String(value).replaceAll(/\s+/g, ' ').slice(0, VALUE_LENGTH_MAX);
}
