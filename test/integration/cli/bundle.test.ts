import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../../src/catalog/load.ts';
import { SHELLS } from '../../../src/cli/completion.ts';
import { COMMANDS } from '../../../src/cli/framework/commands.ts';
import { type BundledCatalogue, CATALOGUE } from '../../../src/cli/framework/home.ts';
import { type Machine, machine, STATUS } from './kato.ts';

const HOME = join(import.meta.dirname, '../../..');
const AT_ONCE = 4;

describe('the bundle', () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'kato-bundle-'));
    for (const name of ['package.json', 'roles', 'templates', 'runtime']) {
      symlinkSync(join(HOME, name), join(home, name));
    }
    execFileSync(process.execPath, [join(HOME, 'scripts/build.ts'), join(home, 'dist')]);
  });
  after(() => rmSync(home, { recursive: true }));

  /** What the bundle and the source make of the same words, each on a machine of its own. */
  async function both(words: string[][], answers?: Machine['answers']): Promise<void> {
    const programs = ['dist/kato.js', 'src/cli/main.ts'].map((file, i) => [
      process.execPath,
      join(i === 0 ? home : HOME, file),
    ]);
    const agent = answers !== undefined;
    const machines = await Promise.all(programs.map((program) => machine({ agent, program })));
    try {
      for (const one of machines) Object.assign(one.answers, answers);
      while (words.length > 0) {
        const some = words.splice(0, AT_ONCE);
        await Promise.all(
          some.map(async (argv) => {
            const [bundled, source] = await Promise.all(machines.map((one) => one.kato(...argv)));
            assert.deepEqual(bundled, source, `kato ${argv.join(' ')}`);
          }),
        );
      }
    } finally {
      for (const one of machines) one.end();
    }
  }

  it('helps with every command as the source does', async () => {
    await both([['--help'], ...Object.keys(COMMANDS).map((id) => [...id.split(':'), '--help'])]);
    // A hundred programs, one after the other.
  }).timeout(180_000);

  it('completes all words as the source does', async () => {
    await both(SHELLS.map((shell) => ['completion', shell]));
  });

  it('shows what the agent answers as the source does', async () => {
    await both([['status'], ['status', '--all', '--json']], { status: () => STATUS });
  });

  it('fails as the source does', async () => {
    await both([
      ['status'],
      ['statsu'],
      ['node'],
      ['status', '--foo'],
      ['role', 'add'],
      ['role', 'info'],
    ]);
  });

  it('has the roles as they were checked', () => {
    const text = readFileSync(join(home, 'dist', CATALOGUE), 'utf8');
    const { roles, groups } = JSON.parse(text) as BundledCatalogue;
    const checked = loadCatalogue(HOME);
    assert.deepEqual(new Map(roles), checked.roles);
    assert.deepEqual(new Map(groups), checked.groups);
  });

  describe('beside roles that were changed later', () => {
    const edit = (file: string, from: string, to: string): void => {
      const text = readFileSync(join(home, file), 'utf8');
      assert.ok(text.includes(from), `${file} has ${from}`);
      writeFileSync(join(home, file), text.replace(from, to));
    };
    const info = async (...words: string[]) => {
      const program = [process.execPath, join(home, 'dist/kato.js')];
      const own = await machine({ agent: false, program });
      const result = await own.kato('role', 'info', ...words);
      own.end();
      return result;
    };

    beforeEach(() => {
      for (const name of ['roles', 'templates']) {
        rmSync(join(home, name), { recursive: true });
        cpSync(join(HOME, name), join(home, name), { recursive: true });
      }
    });

    it('tells a role as it is now', async () => {
      edit('roles/redis.yml', 'summary: Redis', 'summary: Another Redis');
      assert.match((await info('redis')).stdout, /does +Another Redis/);
    });

    it('knows a role that is new', async () => {
      writeFileSync(join(home, 'roles/echo.yml'), 'summary: Says it again\n');
      assert.match((await info('echo')).stdout, /does +Says it again/);
    });

    it('refuses one with a mistake, and one whose template is gone', async () => {
      edit('roles/redis.yml', 'summary', 'sumary');
      assert.match((await info('redis')).stderr, /the role files have 2 mistakes/);
      edit('roles/redis.yml', 'sumary', 'summary');
      rmSync(join(home, 'templates/redis/redis.conf'));
      assert.match((await info('redis')).stderr, /there is no templates\/redis\/redis.conf/);
    });
  });
});

describe('bin/kato', () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'kato-home-'));
    for (const folder of ['bin', 'dist', 'src/cli'])
      mkdirSync(join(home, folder), { recursive: true });
    copyFileSync(join(HOME, 'bin/kato'), join(home, 'bin/kato'));
    symlinkSync(join(HOME, 'runtime'), join(home, 'runtime'));
    writeFileSync(join(home, 'src/cli/main.ts'), "console.log('source')");
    writeFileSync(join(home, 'dist/kato.js'), "console.log('bundle')");
  });
  after(() => rmSync(home, { recursive: true }));

  const runs = (): string =>
    execFileSync(join(home, 'bin/kato'), ['status'], { encoding: 'utf8' }).trim();
  const editedAt = (path: string, seconds: number): void =>
    utimesSync(join(home, path), seconds, seconds);

  it('runs the bundle only while nothing in src is newer', () => {
    for (const path of ['src/cli/main.ts', 'src/cli', 'src']) editedAt(path, 1000);
    editedAt('dist/kato.js', 2000);
    assert.equal(runs(), 'bundle');
    editedAt('src/cli/main.ts', 3000);
    assert.equal(runs(), 'source');
  });

  it('notices a file that is gone, too', () => {
    editedAt('src/cli/main.ts', 1000);
    editedAt('src/cli', 3000);
    assert.equal(runs(), 'source');
  });

  it('runs the source where there is no bundle', () => {
    rmSync(join(home, 'dist/kato.js'));
    assert.equal(runs(), 'source');
  });
});
