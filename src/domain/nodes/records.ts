/** The record with these entries one larger. */
export function bumped(
  counters: Record<string, number>,
  names: readonly string[],
): Record<string, number> {
  return { ...counters, ...Object.fromEntries(names.map((n) => [n, (counters[n] ?? 0) + 1])) };
}

/** The record less these entries. */
export function without<T>(record: Record<string, T>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
