import { isObject } from '../base/json.ts';
import { own } from '../base/own.ts';

/**
 * `after` with all that equals `before` as the same objects: who compares objects then sees what changed,
 * also of a document that was read anew. For JSON.
 */
export function share<T>(before: unknown, after: T): T {
  if (before === after || !isObject(before) || !isObject(after)) return after;
  if (Array.isArray(before) !== Array.isArray(after)) return after;
  const entries = Object.entries(after).map(([key, value]): [string, unknown] => [
    key,
    share(own(before, key), value),
  ]);
  const isSame =
    entries.length === Object.keys(before).length &&
    entries.every(([key, value]) => Object.hasOwn(before, key) && value === before[key]);
  if (isSame) return before as T;
  const shared = Array.isArray(after)
    ? entries.map(([, value]) => value)
    : Object.fromEntries(entries);
  return shared as T;
}
