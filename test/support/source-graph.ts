import type { Source } from './sources.ts';

/** Files that import each other, types included: `a -> b -> a`. */
export function circles(files: Source[]): string[] {
  const sources = new Map(files.map((source) => [source.path, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, above: string[]): void => {
    if (above.includes(path)) {
      found.push(`${[...above.slice(above.indexOf(path)), path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    const imports = sources.get(path)?.imports ?? [];
    for (const { from } of imports) visit(from, [...above, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return found;
}

/**
 * A value must be used by another file of src or scripts, or by a test and its own file. A type must be
 * used somewhere: that it is exported spells out a signature.
 */
export function deadExports(src: Source[], scripts: Source[], tests: Source[]): string[] {
  const used = usedNames([...src, ...scripts]);
  const tested = usedNames(tests);
  const isUsed = (names: Map<string, Set<string>>, path: string, name: string): boolean =>
    names.get(path)?.has(name) === true || names.get(path)?.has('*') === true;
  return src.flatMap((file) =>
    file.exports
      .filter(({ name, isType }) => {
        if (isUsed(used, file.path, name)) return false;
        const inside = file.text.match(new RegExp(`\\b${name}\\b`, 'g'))!.length > 1;
        return !inside || !(isType || isUsed(tested, file.path, name));
      })
      .map(({ name }) => `${file.path}: ${name} is exported and not used`),
  );
}

/** What is imported from each file. */
function usedNames(files: Source[]): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  for (const { from, names } of files.flatMap((file) => file.imports)) {
    used.set(from, new Set([...(used.get(from) ?? []), ...names]));
  }
  return used;
}
