import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `scripts/build.ts` has put beside the bundle; null where the source runs. */
export function bundled<Value>(name: string): Value | null {
  const file = join(import.meta.dirname, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Value) : null;
}
