import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';
import { loadCatalogue } from '../src/catalog/load.ts';
import { referenceLines } from '../src/cli/render/reference.ts';
import { rolesReferenceLines } from '../src/cli/render/roles-reference.ts';

/** Writes docs/reference/commands.md and roles.md from the commands and roles as they are. */
const root = join(import.meta.dirname, '..');
const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
write('commands.md', referenceLines(Object.values(plugin.manifest.commands)));
write('roles.md', rolesReferenceLines(loadCatalogue(root)));

function write(page: string, lines: readonly string[]): void {
  writeFileSync(join(root, 'docs/reference', page), `${lines.join('\n')}\n`);
}
