import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';
import { referenceLines } from '../../../src/cli/render/reference.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('the reference of commands', () => {
  let plugin: Plugin;
  before(async () => {
    plugin = new Plugin({ root: ROOT, type: 'core', ignoreManifest: true });
    await plugin.load();
  });

  it('says what the commands are: otherwise run node scripts/reference.ts', () => {
    const made = `${referenceLines(Object.values(plugin.manifest.commands)).join('\n')}\n`;
    const told = readFileSync(join(ROOT, 'docs/reference/commands.md'), 'utf8');
    assert.equal(told, made);
  });

  it('has a summary, an example and a line for each flag of every command', () => {
    const shown = Object.values(plugin.manifest.commands).filter((command) => !command.hidden);
    for (const { id, summary, examples, flags } of shown) {
      assert.ok(summary, `${id} has no summary`);
      assert.ok((examples?.length ?? 0) > 0, `${id} has no example`);
      for (const [name, flag] of Object.entries(flags)) {
        assert.ok(flag.summary, `${id} --${name} has no summary`);
      }
    }
  });
});
