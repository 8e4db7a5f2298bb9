import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS } from '../../../src/cli/commands.ts';
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
