import type { ErrorCode } from '../base/error-codes.ts';
import type { Json } from '../document/cluster.ts';
import type { ChangeEnd } from './change-end.ts';

/** One change that was asked for, or several that were refused alike. */
export type HistoryEntry = {
  /** ISO time; of the last one, where several are counted. */
  at: string;
  /** Name of the node that asked; `join` for a machine that was none yet. */
  by: string;
  operation: string;
  params: Json;
  /** `done`, once it is written, or the code of the error. */
  outcome: string;
  revision: number | null;
  /** Of the operation; absent of what was refused, and of what kato 0.1.0 did. */
  id?: string;
  /** How many nodes it was about; absent where nobody had to follow. */
  touched?: number;
  /** What became of it there; absent as long as it is under way. */
  end?: ChangeEnd;
  /** How often within the hour; absent where it is one. */
  count?: number;
};

/** One that was refused: `asker` is who, by a name that stays. */
export interface Refusal {
  asker: string;
  operation: string;
  code: ErrorCode;
  at: string;
  by: string;
  params: Json;
}

/** What one asker can bring into the history within an hour; what is beyond it is counted together. */
const KINDS_MAX = 20;
const OTHER = 'other';

/** What was refused in the present hour, by who, what and why: one line for each, however often. */
export interface Tally {
  /** Counts it, and returns its key and line. Those of an hour before are forgotten. */
  add(refusal: Refusal, times?: number): { key: string; entry: HistoryEntry };
}

export function tally(): Tally {
  let hour = '';
  const lines = new Map<string, HistoryEntry>();
  const kinds = new Map<string, number>();
  return {
    add: (refusal, times = 1) => {
      const { asker, code, at, by } = refusal;
      if (at.slice(0, HOUR_LENGTH) !== hour) {
        hour = at.slice(0, HOUR_LENGTH);
        lines.clear();
        kinds.clear();
      }
      const keyOf = (operation: string) => [hour, asker, operation, code].join('/');
      const isKnown = lines.has(keyOf(refusal.operation));
      const isMore = !isKnown && (kinds.get(asker) ?? 0) >= KINDS_MAX;
      const operation = isMore ? OTHER : refusal.operation;
      const key = keyOf(operation);
      const earlier = lines.get(key);
      const before = earlier?.count ?? 0;
      if (before === 0) kinds.set(asker, (kinds.get(asker) ?? 0) + 1);
      const params = isMore ? null : common(earlier, refusal.params);
      const line = { at, by, operation, params, outcome: code, revision: null };
      const entry = { ...line, count: before + times };
      lines.set(key, entry);
      return { key, entry };
    },
  };
}

/** One line for each kind, whoever counted: they are what several runs of controllers have kept. */
export function summed(kept: readonly { kind: string; entry: HistoryEntry }[]): HistoryEntry[] {
  const lines = new Map<string, HistoryEntry>();
  for (const { kind, entry } of kept) {
    const other = lines.get(kind);
    const newest = other !== undefined && other.at > entry.at ? other : entry;
    const params = common(other, entry.params);
    const count = (entry.count ?? 1) + (other?.count ?? 0);
    lines.set(kind, { ...newest, params, count });
  }
  return [...lines.values()]
    .map(({ count, ...entry }) => (count === 1 ? entry : { ...entry, count: count! }))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** What all that a line counts have in common: nothing is said that only one of them was. */
function common(earlier: HistoryEntry | undefined, params: HistoryEntry['params']) {
  if (earlier === undefined || params === null) return params;
  const before = earlier.params;
  if (before === null || typeof before !== 'object' || typeof params !== 'object') return null;
  const same = Object.entries(params).filter(
    ([name, value]) =>
      JSON.stringify(value) === JSON.stringify((before as Record<string, unknown>)[name]),
  );
  return Object.fromEntries(same);
}

/** `2026-03-01T12` */
const HOUR_LENGTH = 13;

/**
 * The newest of what several places keep, oldest first. The order of each place stays, whatever became
 * of the clock.
 */
export function merged(
  places: readonly (readonly HistoryEntry[])[],
  limit: number,
): HistoryEntry[] {
  const left = places.map((entries) => [...entries]);
  const newest: HistoryEntry[] = [];
  while (newest.length < limit) {
    const latest = left.reduce((a, b) => ((b.at(-1)?.at ?? '') > (a.at(-1)?.at ?? '') ? b : a));
    const entry = latest.pop();
    if (entry === undefined) break;
    newest.push(entry);
  }
  return newest.reverse();
}

const TEXT_MAX = 200;
const ITEMS_MAX = 20;
const PARAMS_MAX = 2000;

/**
 * Long values are cut: the history is for people, and a long request must not take more room than
 * others.
 */
export function shortParams(params: Json): Json {
  const short = cut(params);
  return JSON.stringify(short).length <= PARAMS_MAX ? short : null;
}

function cut(value: Json): Json {
  if (typeof value === 'string') {
    return value.length <= TEXT_MAX ? value : `${value.slice(0, TEXT_MAX)}…`;
  }
  if (Array.isArray(value)) {
    const more = value.length - ITEMS_MAX;
    return [...value.slice(0, ITEMS_MAX).map(cut), ...(more > 0 ? [`… ${more} more`] : [])];
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).slice(0, ITEMS_MAX);
  return Object.fromEntries(entries.map(([key, item]) => [cut(key), cut(item)]));
}
