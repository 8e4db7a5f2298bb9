import assert from 'node:assert/strict';
import fs, { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { asideUnderWay, setAside } from '../../../src/machine/disk/aside.ts';
import { parseMountPoints } from '../../../src/machine/disk/mounts.ts';

describe('what a machine has of kato, set aside', () => {
  let root: string;
  let paths: Paths;
  let lib: string;

  beforeEach(async () => {
    root = await mkdtemp('/tmp/kato-aside-');
    paths = pathsOf(root);
    lib = `${root}/var/lib/kato`;
    for (const [folder, mode] of Object.entries({ state: 0o700, service: 0o755, config: 0o755 })) {
      await mkdir(`${lib}/${folder}`, { recursive: true });
      await fs.chmod(`${lib}/${folder}`, mode);
    }
    await put('state/identity.json', 'h3');
    await put('state/ledger.json', '{}');
    await put('data/redis/appendonly.aof', 'rows');
    await put('data/nats-server/jetstream', 'documents');
    await put('data/.redis.secrets', 'hash');
    await put('made/redis.json', '{}');
  });
  afterEach(async () => {
    fs.rename = rename;
    syncBuiltinESMExports();
    await rm(root, { recursive: true });
  });

  const { rename } = fs;
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(`${lib}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
    await writeFile(`${lib}/${path}`, text);
  };
  const filesIn = async (folder: string): Promise<string[]> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
      .sort();
  };
  const ALL = [
    'data/.redis.secrets',
    'data/nats-server/jetstream',
    'data/redis/appendonly.aof',
    'made/redis.json',
    'state/identity.json',
    'state/ledger.json',
  ];
  /** As on a disk that fails, or a power cut, before the rename that is `number`. */
  const failingAt = (number: number, code: string, onlyOnce: boolean): void => {
    let count = 0;
    fs.rename = async (from, to) => {
      const isMark = String(to).includes('under-way');
      if (!isMark && ++count >= number && !(onlyOnce && count > number)) {
        throw Object.assign(new Error(code), { code });
      }
      return rename(from, to);
    };
    syncBuiltinESMExports();
  };

  it('is all there in one folder that is for root alone, and nothing of it where it was', async () => {
    const places = await setAside(paths, { node: 'h3' });
    assert.equal(places.length, 1);
    assert.match(places[0]!, /\/var\/lib\/kato\/aside\/\d{8}T\d{6}Z-h3$/);
    assert.deepEqual(await filesIn(places[0]!), ALL);
    assert.deepEqual(await readdir(lib), ['aside']);
    assert.equal((await stat(places[0]!)).mode & 0o777, 0o700);
    assert.equal((await stat(`${places[0]}/service`)).mode & 0o777, 0o755);
    assert.equal(await asideUnderWay(paths), null);
  });

  it('may be a part of it', async () => {
    const [place] = await setAside(paths, { node: 'h1', only: ['state', 'data/nats-server'] });
    assert.deepEqual(await filesIn(place!), [
      'data/nats-server/jetstream',
      'state/identity.json',
      'state/ledger.json',
    ]);
    assert.deepEqual(await filesIn(`${lib}/data`), ['.redis.secrets', 'redis/appendonly.aof']);
  });

  it('a second time has a folder of its own', async () => {
    const [first] = await setAside(paths, { node: 'h3' });
    await put('state/identity.json', 'h4');
    const [second] = await setAside(paths, { node: 'h3' });
    assert.notEqual(first, second);
    assert.deepEqual(await filesIn(first!), ALL);
    assert.deepEqual(await filesIn(second!), ['state/identity.json']);
  });

  it('stays on the file system that a link leads to', async () => {
    await mkdir(`${root}/volume`);
    await rename(`${lib}/data`, `${root}/volume/kato`);
    await symlink('../../../volume/kato', `${lib}/data`);
    const places = await setAside(paths, { node: 'h3' });
    assert.equal(places.length, 2);
    assert.match(places[1]!, /\/volume\/kato\/\.aside\/[^/]+-h3$/);
    assert.deepEqual(await filesIn(places[1]!), [
      '.redis.secrets',
      'nats-server/jetstream',
      'redis/appendonly.aof',
    ]);
    assert.deepEqual(await readdir(`${lib}/data`), ['.aside']);
    assert.deepEqual((await readdir(lib)).sort(), ['aside', 'data']);
  });

  it('goes back to where it was when something of it cannot be moved', async () => {
    for (const [code, error] of [
      ['EXDEV', 'CONFLICT'],
      ['ENOSPC', 'NO_SPACE'],
      ['EIO', 'FAILED'],
    ] as const) {
      failingAt(3, code, true);
      await assert.rejects(setAside(paths, { node: 'h3' }), { code: error });
      const left = (await filesIn(lib)).filter((path) => !path.startsWith('aside/'));
      assert.deepEqual(left, ALL, code);
    }
  });

  it('cut off anywhere, is in the same folder after a second run, and the identity goes last', async () => {
    for (let number = 1; number <= 5; number++) {
      failingAt(number, 'EIO', false);
      await assert.rejects(setAside(paths, { node: 'h3' }));
      assert.ok((await readdir(`${lib}/state`)).includes('identity.json'));
      fs.rename = rename;
      syncBuiltinESMExports();
      const places = await setAside(paths, { node: 'h3' });
      assert.equal(places.length, 1);
      assert.deepEqual(await filesIn(places[0]!), ALL, `cut off before ${number}`);
      assert.deepEqual(await readdir(lib), ['aside']);
      for (const name of await readdir(places[0]!))
        await rename(`${places[0]}/${name}`, `${lib}/${name}`);
    }
  });

  it('of a run that nobody went on with is not mixed with what is of today', async () => {
    await mkdir(`${lib}/aside/20200101T000000Z-old/state`, { recursive: true });
    await put('aside/under-way', JSON.stringify({ name: '20200101T000000Z-old', only: null }));
    const [place] = await setAside(paths, { node: 'h3' });
    assert.match(place!, /-h3$/);
    assert.deepEqual(await filesIn(place!), ALL);
  });
});

describe('mount points', () => {
  it('are read from what the kernel tells, spaces and all', () => {
    const text = [
      '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
      '98 22 8:16 / /var/lib/kato/data/my\\040volume rw - ext4 /dev/sdb rw',
      '',
    ].join('\n');
    assert.deepEqual([...parseMountPoints(text)], ['/', '/var/lib/kato/data/my volume']);
  });
});
