import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';
import { referenceLines } from '../src/cli/render/reference.ts';

/** Writes docs/reference/commands.md from the commands as they are. */
const root = join(import.meta.dirname, '..');
const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
const lines = referenceLines(Object.values(plugin.manifest.commands));
writeFileSync(join(root, 'docs/reference/commands.md'), `${lines.join('\n')}\n`);
