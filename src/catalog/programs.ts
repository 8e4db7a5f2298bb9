import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../domain/paths.ts';
import type { Catalogue, ProgramDefinition } from '../domain/role.ts';
import { definitionOf } from '../domain/roles.ts';

/**
 * Where this machine has the programs that the roles' processes name: `process/program` to path. One that is not
 * there, because its package is not, keeps its pattern: starting it then says what is missing.
 */
export function resolvePrograms(
  catalogue: Catalogue,
  roles: readonly string[],
  paths: Paths,
): Record<string, string> {
  const processes = roles.flatMap((role) => definitionOf(catalogue, role).processes);
  return Object.fromEntries(
    processes.flatMap((process) =>
      Object.entries(process.programs).map(([name, program]) => [
        `${process.name}/${name}`,
        find(program, join(paths.data, process.name)) ?? program.path,
      ]),
    ),
  );
}

/** The match that the data belongs to, else the newest. */
function find(program: ProgramDefinition, dataFolder: string): string | undefined {
  const versionFile = program.versionFile && join(dataFolder, program.versionFile);
  if (versionFile && existsSync(versionFile)) {
    return program.path.replace('*', readFileSync(versionFile, 'utf8').trim());
  }
  const byVersion = new Intl.Collator('en', { numeric: true });
  return globSync(program.path).sort(byVersion.compare).at(-1);
}
