import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '../src/catalog/load.ts';
import { referenceLines } from '../src/cli/render/reference/pages.ts';
import { rolesReferenceLines } from '../src/cli/render/reference/roles.ts';
import { listCommands } from './list-commands.ts';

/** Writes docs/reference/commands.md and roles.md from the commands and roles as they are. */
const root = join(import.meta.dirname, '..');
const { commands } = await listCommands(root);
write('commands.md', referenceLines(commands));
write('roles.md', rolesReferenceLines(loadCatalogue(root)));

function write(page: string, lines: readonly string[]): void {
  writeFileSync(join(root, 'docs/reference', page), `${lines.join('\n')}\n`);
}
