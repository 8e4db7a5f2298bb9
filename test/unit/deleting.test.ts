import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSources, readText } from '../support/sources.ts';

const PAGE = 'docs/decisions/0015-nothing-is-deleted-that-nobody-was-asked-about.md';
const ROOT = join(import.meta.dirname, '../..');

/** Whatever deletes, empties, writes or renames over, or begins anew, on a disk or in the state. */
const CALLS = [
  'rm|rmdir|unlink|rename|copyFile|cp|truncate|writeFile|createWriteStream',
  'rmSync|rmdirSync|unlinkSync|renameSync|writeFileSync|truncateSync',
  'movePath|removeTree|switchLink|writeFileAtomic|setAside|copyAside|forgetNode|sweepLeftovers',
  'writeDurably|writeJson|writeKept|writeIdentity|writeLedger|writeSeen|writeWritten',
].join('|');
const METHODS = [
  'replaceState|deleteObserved|deleteSecret|truncate|purge',
  'createState|writeCluster|putSecret|putObserved|replaceObserved|streams\\.(?:update|delete)',
].join('|');
const DELETING = new RegExp(`\\b(?:${CALLS})\\(|\\.(?:${METHODS})\\(|'-delete'|'(?:rm|mv|shred)'`);

const rows = readText(PAGE)
  .split('\n')
  .filter((line) => line.startsWith('| `src/'));
const named = (pattern: RegExp): string[] => rows.flatMap((row) => row.match(pattern) ?? []);
const deleting = readSources('src/**/*.ts')
  .filter(({ lines }) => lines.some((line) => !isDeclared(line) && DELETING.test(line)))
  .map(({ path }) => path);

/** Where such a function is made, and not called. */
function isDeclared(line: string): boolean {
  return /^(import|export (async )?function|\s*\*|\s*\/[/*])/.test(line.trim());
}

describe('the table of all that deletes', () => {
  it('names every file of src that does, and none that does not', () => {
    const files = named(/(?<=`)src\/[^`]+\.ts(?=`)/g);
    assert.deepEqual([...new Set(files)].sort(), [...deleting].sort());
  });

  it('names tests that are there, at least one in each row', () => {
    for (const row of rows) {
      const tests = row.match(/test\/[^`]+\.test\.ts/g) ?? [];
      assert.ok(tests.length > 0, row);
      for (const test of tests) assert.ok(existsSync(join(ROOT, test)), `${test}: ${row}`);
    }
  });

  it('says of each who may, what proves it, and what is kept', () => {
    for (const row of rows) {
      const cells = row.split('|').map((cell) => cell.trim());
      assert.deepEqual([cells.length, cells.slice(1, -1).includes('')], [8, false], row);
    }
  });
});
