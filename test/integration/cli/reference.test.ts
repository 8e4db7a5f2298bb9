import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';
import { referenceLines } from '../../../src/cli/render/reference/pages.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('the reference of commands', () => {
  it('tells them as they are: node scripts/reference.ts', async () => {
    const plugin = new Plugin({ root: ROOT, type: 'core', ignoreManifest: true });
    await plugin.load();
    const lines = referenceLines(Object.values(plugin.manifest.commands));
    const page = readFileSync(join(ROOT, 'docs/reference/commands.md'), 'utf8');
    assert.equal(page, `${lines.join('\n')}\n`);
  });
});
