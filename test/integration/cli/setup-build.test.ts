import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOME = join(import.meta.dirname, '../../..');

describe('what scripts/setup makes', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'kato-build-'));
    for (const part of ['roles', 'templates', 'scripts', 'package.json']) {
      cpSync(join(HOME, part), join(home, part), { recursive: true });
    }
    for (const part of ['src', 'node_modules']) symlinkSync(join(HOME, part), join(home, part));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** As scripts/setup calls it. */
  function build(): { status: number | null; stderr: string } {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build.ts'], {
      cwd: home,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(existsSync(join(home, 'dist')), status === 0);
    return { status, stderr };
  }

  it('is not made of a bad role file, and what is wrong is said as kato says it', () => {
    writeFileSync(join(home, 'roles/shout.yml'), 'summary: Shouts\nprocceses: []\n');
    assert.deepEqual(build(), {
      status: 1,
      stderr:
        "kato: roles/shout.yml: procceses: unknown key, did you mean 'processes'?\n" +
        '  next: correct the file; the roles that come with kato are examples\n',
    });
  });

  it('is not made of a template that no node could fill in', () => {
    writeFileSync(join(home, 'templates/redis/redis.conf'), 'port {{settings.prot}}\n');
    assert.deepEqual(build(), {
      status: 1,
      stderr:
        "kato: templates/redis/redis.conf: line 1: there is no value 'settings.prot', did you mean\n" +
        "      'settings.port'?\n" +
        '  next: correct the file; the roles that come with kato are examples\n',
    });
  });
});
