import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { permissionsOf } from '../../src/domain/access/bus-permissions.ts';
import { DATA_MARK, pathsOf } from '../../src/domain/making/paths.ts';
import type { BusUser } from '../../src/domain/views/view.ts';
import { readSources, readText } from '../support/sources.ts';

const PAGE = 'docs/decisions/0016-what-enters-has-a-limit.md';
const ROOT = join(import.meta.dirname, '../..');

const rows = readText(PAGE)
  .split('\n')
  .filter((line) => /^\| .*`test\//.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
/** What stands as code in the column of where it enters. */
const doors = new Set(rows.flatMap((cells) => [...cells[3]!.matchAll(/`([^`]+)`/g)].map(one)));
const sources = readSources('src/**/*.ts');

/** Whatever makes a value of what was read or heard; where it is merely defined does not count. */
const READS =
  /\b(?:JSON\.parse|parsedJson|parsedObject|keptIn|takeKept|decodeBody|parseDocument|createReadStream)(?:<[^>]*>)?\(|\.json</;

function one([, found]: RegExpMatchArray): string {
  return found!;
}

function all(pattern: RegExp, folder = ''): string[] {
  const places = sources.filter(({ path }) => path.startsWith(`src/${folder}`));
  const found = places.flatMap((source) => [...source.text.matchAll(pattern)].map(one));
  assert.ok(found.length > 0, `${pattern}`);
  return found;
}

/** All that anybody says on the bus, and what the server itself says. */
function subjects(): string[] {
  const kinds: BusUser[] = [
    { kind: 'node', id: 'ID', key: '' },
    { kind: 'join', id: 'ID', key: '' },
    { kind: 'former', id: 'ID', key: '' },
    { kind: 'announcer', id: 'ID', key: '' },
    { kind: 'controller', key: '' },
    { kind: 'warden', key: '' },
  ];
  const said = kinds.flatMap((user) => permissionsOf(user).publish);
  const heard = kinds.flatMap((user) => permissionsOf(user).subscribe);
  return [...said, ...heard.filter((subject) => subject.startsWith('$SYS.'))];
}

describe('the table of what enters', () => {
  const names = (expected: readonly string[]) =>
    assert.deepEqual(
      expected.filter((door) => !doors.has(door)),
      [],
    );

  it('names every subject of the bus, and none that nobody may say anything on', () => {
    const given = subjects();
    names(given);
    const named = [...doors].filter((door) => /^(kato\.|router\.|\$)/.test(door));
    assert.deepEqual(
      named.filter((door) => !given.includes(door)),
      [],
    );
  });

  it('names every bucket and stream, and every key of what controllers observed', () => {
    names(all(/bucketConfig\('(\w+)'/g).map((bucket) => `KV_${bucket}`));
    names(all(/_STREAM = '([\w-]+)'/g));
    names(all(/_KEY = '([\w.]+)'/g, 'controller/'));
  });

  it('names the sockets and what is served over HTTP', () => {
    const paths = Object.values(pathsOf('/')).filter((path) => path.endsWith('.sock'));
    assert.equal(paths.length, 2);
    names(paths.map((path) => path.slice(path.lastIndexOf('/') + 1)));
    names(all(/\bapp\.\w+\('([^']+)'/g));
  });

  it('names every file of state, and the mark of data', () => {
    names(['ledger.json', DATA_MARK, ...all(/paths\.state\}\/([\w.-]+)/g)]);
  });

  it('names every file of src that makes a value of what it reads, and none that does not', () => {
    const reads = sources.filter(({ lines, folder }) => {
      const used = lines.filter((line) => !/^(import|export|function|\s*\*|\s*\/)/.test(line));
      return folder !== 'domain' && used.some((line) => READS.test(line));
    });
    const paths = reads.map(({ path }) => path);
    names(paths);
    const named = [...doors].filter((door) => door.startsWith('src/'));
    const others = named.filter((path) => !paths.includes(path)).sort();
    // A certificate and what a program prints are no JSON; a version is the whole of its file.
    assert.deepEqual(others, ['src/catalog/programs.ts', 'src/machine/certificates.ts']);
  });

  it('names tests that are there, and leaves nothing open', () => {
    assert.ok(rows.length > 20);
    for (const cells of rows) {
      const row = cells.join(' | ');
      assert.deepEqual([cells.length, cells.slice(1, -1).includes('')], [8, false], row);
      const tests = [...cells[6]!.matchAll(/`([^`]+)`/g)].map(one);
      assert.ok(tests.length > 0, row);
      for (const test of tests) assert.ok(existsSync(join(ROOT, test)), `${test}: ${row}`);
    }
  });
});
