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
  const rows = entries.map((entry) => [
    localTime(entry.at),
    entry.by,
    entry.id?.slice(0, ID_LENGTH) ?? '-',
    outcomeText(entry),
    whatText(entry, names),
  ]);
  return table([['WHEN', 'BY', 'ID', 'OUTCOME', 'WHAT'], ...rows], width);
}

/** One change, and what became of it on each node. */
export function changeLines(
  entry: HistoryEntry,
  width: number,
  names: ReadonlyMap<string, string> = new Map(),
): string[] {
  const { end, touched = 0 } = entry;
  const rows = (end?.nodes ?? []).map(({ node, outcome, message, why, next }) => {
    const said = [message, why, next].filter((part) => part !== undefined);
    return [node, outcome, said.join('; ') || '-'];
  });
  const more =
    end?.more === undefined ? [] : [`and ${end.more} more: ${end.nodes.at(-1)!.outcome}`];
  return [
    ...table(
      [
        ['what', whatText(entry, names)],
        ['by', entry.by],
        ['when', localTime(entry.at)],
        ['revision', String(entry.revision)],
        ['outcome', outcomeText(entry)],
        ...(end === undefined ? [] : [['ended', localTime(end.at)]]),
        ...(end === undefined && touched > 0 ? [['nodes', `${touched} are to follow`]] : []),
      ],
      width,
    ),
    ...(rows.length === 0 ? [] : ['', ...table([['NODE', 'OUTCOME', 'WHY'], ...rows], width)]),
    ...more,
  ];
}

/** A change that nobody has to follow is done as it is written. */
function outcomeText({ outcome, count, touched, end }: HistoryEntry): string {
  if (count !== undefined) return `${outcome}, ${count} times`;
  if (end === undefined) return touched === undefined ? outcome : 'under way';
  const wrong = end.nodes.filter((node) => node.outcome === end.outcome).map(({ node }) => node);
  if (end.outcome === 'done' || wrong.length === 0) return end.outcome;
  return wrong.length === 1 ? `${end.outcome} on ${wrong[0]}` : `${end.outcome} on ${wrong.length}`;
}

function whatText({ operation, params }: HistoryEntry, names: ReadonlyMap<string, string>): string {
  return `${operation} ${paramsText(params, names)}`.trimEnd();
}

/** Long words that only programs read. The key of a setting is a name, and no key of the bus. */
const UNREADABLE = new Set(['secretHash', 'catalogue', 'machineId']);

const VALUE_LENGTH_MAX = 60;
/** Enough to tell a change from ten thousand others. */
const ID_LENGTH = 8;

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
