import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Shows how a role file is written, and is none itself. */
export const EXAMPLE = 'EXAMPLE.yml';

/** The text of each `roles/*.yml` below the folder, by its name. */
export function roleTexts(folder: string): [string, string][] {
  return readdirSync(join(folder, 'roles'))
    .filter((file) => file.endsWith('.yml') && file !== EXAMPLE)
    .sort()
    .map((file) => [file, readFileSync(join(folder, 'roles', file), 'utf8')]);
}

/** Names of all templates below the folder: `redis/redis.conf`. */
export function templateNames(folder: string): string[] {
  const root = join(folder, 'templates');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** All that the catalogue of a folder depends on, in one text: where it is the same, so is the catalogue. */
export function sourcesOf(folder: string): string {
  return JSON.stringify([roleTexts(folder), templateNames(folder)]);
}
