/**
 * `after` with all that equals `before` as the same objects: who compares objects then sees what changed,
 * also of a document that was read anew. For JSON.
 */
export function share<T>(before: unknown, after: T): T {
  if (before === after || !isObject(before) || !isObject(after)) return after;
  if (Array.isArray(before) !== Array.isArray(after)) return after;
  const keys = Object.keys(after);
  let isSame = keys.length === Object.keys(before).length;
  const shared: Record<string, unknown> = {};
  for (const key of keys) {
    shared[key] = share(before[key], after[key]);
    isSame &&= key in before && shared[key] === before[key];
  }
  if (isSame) return before as T;
  return (Array.isArray(after) ? Object.values(shared) : shared) as T;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
