import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../domain/making/paths.ts';
import type { Catalogue, ProgramDefinition } from '../domain/roles/role.ts';

/** A short file that a program's user may have written, or null where there is none that can be read. */
export type ReadVersion = (path: string) => Promise<string | null>;

/**
 * Where this machine has the programs that the roles' processes name: `process/program` to path. One that is not
 * there, because its package is not, keeps its pattern: starting it then says what is missing.
 */
export async function resolvePrograms(
  catalogue: Catalogue,
  roles: readonly string[],
  paths: Paths,
  readVersion: ReadVersion,
): Promise<Record<string, string>> {
  const processes = roles.flatMap((role) => catalogue.roles.get(role)?.processes ?? []);
  const found = processes.flatMap((process) =>
    Object.entries(process.programs).map(async ([name, program]) => {
      const path = await find(program, join(paths.data, process.name), readVersion);
      return [`${process.name}/${name}`, path ?? program.path] as const;
    }),
  );
  return Object.fromEntries(await Promise.all(found));
}

/** The match that the data belongs to, else the newest. */
async function find(
  program: ProgramDefinition,
  dataFolder: string,
  readVersion: ReadVersion,
): Promise<string | undefined> {
  if (program.versionFile !== null) {
    const text = await readVersion(join(dataFolder, program.versionFile));
    const version = text?.trim() ?? '';
    if (VERSION.test(version)) return program.path.replace('*', () => version);
  }
  const byVersion = new Intl.Collator('en', { numeric: true });
  return globSync(program.path).sort(byVersion.compare).at(-1);
}

/** One part of a path, and none that leads up. */
const VERSION = /^\d[\w.+-]{0,30}$/;
