import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { KatoError } from '../../../src/domain/base/error.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { removeTree, switchLink, writeFileAtomic } from '../../../src/machine/disk/files.ts';
import { isRoot } from '../../../src/machine/node/host.ts';
import { sweepLeftovers } from '../../../src/machine/s6/leftovers.ts';
import { hint } from '../../support/said/hint.ts';
import { configOf } from './node.ts';

const MODULE = `${import.meta.dirname}/../../../src/machine/disk/files.ts`;
const NOBODY = 65_534;

async function told(work: Promise<unknown>): Promise<KatoError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KatoError);
  return error;
}

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp('/tmp/kato-files-');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are written whole, with mode and owner', async () => {
    const path = `${folder}/file`;
    await writeFileAtomic(path, 'old', { mode: 0o644 });
    await writeFileAtomic(path, 'new', { mode: 0o640 });
    assert.equal(await readFile(path, 'utf8'), 'new');
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(folder), ['file']);
  });

  it('that a crash left half written are swept, unless their writer lives', async () => {
    const paths = pathsOf(folder);
    const ended = spawn('true');
    await once(ended, 'close');
    const temporary = (file: string, pid = ended.pid) => `${file}.${pid}-0.kato-new`;
    const own = temporary(paths.ledger, process.pid);
    const kept = [paths.ledger, own, temporary(`${paths.data}/redis/dump.rdb`)];
    const left = [paths.ledger, `${paths.data}/.redis.secrets`, `${paths.service}/router/down`];
    for (const file of [...kept, ...left.map((one) => temporary(one))]) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, '');
    }
    const link = `${paths.config}/router/current`;
    await mkdir(dirname(link), { recursive: true });
    await symlink('hash', temporary(link));
    await sweepLeftovers(paths);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const names = files.filter((file) => !file.isDirectory());
    assert.deepEqual(names.map((file) => `${file.parentPath}/${file.name}`).sort(), kept.sort());
  });

  it('are pointed to by links that switch', async () => {
    await switchLink(`${folder}/current`, 'one');
    await switchLink(`${folder}/current`, 'two');
    assert.equal(await readlink(`${folder}/current`), 'two');
  });

  it('outside the given root are not deleted, not even through a link', async () => {
    await mkdir(`${folder}/root`);
    await mkdir(`${folder}/other/deep`, { recursive: true });
    await symlink(`${folder}/other`, `${folder}/root/link`);
    for (const path of ['other', 'root/../other', 'root/link/deep', 'root']) {
      await assert.rejects(removeTree(`${folder}/root`, `${folder}/${path}`), { code: 'INTERNAL' });
    }
    await removeTree(`${folder}/root`, `${folder}/root/link`);
    assert.deepEqual(await readdir(`${folder}/other`), ['deep']);
  });

  it('say what is wrong with a path that a person gave', async () => {
    const tried = (path: string) => writeFileAtomic(path, 'x', { mode: 0o600 });
    await assert.rejects(tried(`${folder}/none/file`), { why: 'its folder does not exist' });
    await mkdir(`${folder}/taken`);
    const refused = await told(tried(`${folder}/taken`));
    assert.equal(refused.why, 'it is a folder');
    hint(refused.next, 'domain/base/system-error.ts: give the name of a file');
    await tried(`${folder}/taken/file`);
  });

  it('say who may write there', async function () {
    if (!isRoot()) this.skip();
    await chmod(folder, 0o755);
    const text = `const { writeFileAtomic } = await import('${MODULE}');
      process.seteuid(Number(process.argv[2]));
      await writeFileAtomic(process.argv[1], 'x', { mode: 0o644 }).catch(({ next }) => console.log(next));`;
    const write = (uid: number) =>
      execFileSync(process.execPath, ['-e', text, `${folder}/file`, `${uid}`], {
        encoding: 'utf8',
      });
    hint(write(NOBODY).trim(), 'domain/base/system-error.ts: run kato as root');
    assert.equal(write(0), '');
    await run(['chattr', '+i', `${folder}/file`]).catch(() => this.skip());
    try {
      hint(write(0).trim(), 'domain/base/system-error.ts: run kato as root; see lsattr');
      const { stdout } = await run(['lsattr', `${folder}/file`]);
      assert.match(stdout, /^-+i-/);
    } finally {
      await run(['chattr', '-i', `${folder}/file`]);
    }
    assert.equal(write(0), '');
  });

  describe('on a disk of their own', () => {
    let disk: string;
    before(function () {
      if (!isRoot()) this.skip();
    });
    beforeEach(async function () {
      disk = `${folder}/disk`;
      await mkdir(disk);
      await run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).catch(() => this.skip());
    });
    afterEach(() => run(['umount', disk]).catch(() => undefined));

    it('are put in no place where something is mounted, and that is said', async () => {
      const path = `${folder}/mounted`;
      await writeFile(path, 'old');
      await run(['mount', '--bind', path, path]);
      const write = () => writeFileAtomic(path, 'new', { mode: 0o644 });
      const { next } = await told(write());
      await run(['umount', path]);
      hint(next, 'domain/base/system-error.ts: unmount it first');
      await write();
    });

    it('stay as they were when it is full, and the error says so', async () => {
      const path = `${disk}/file`;
      await writeFileAtomic(path, 'old', { mode: 0o644 });
      const large = 'x'.repeat(100_000);
      await assert.rejects(writeFileAtomic(path, large, { mode: 0o644 }), {
        code: 'NO_SPACE',
        message: `cannot write ${path}`,
      });
      assert.equal(await readFile(path, 'utf8'), 'old');
      assert.deepEqual(await readdir(disk), ['file']);
    });

    it('leave no half config when it is full', async () => {
      const paths = pathsOf(disk);
      const config = configOf({ 'small.conf': 'a', 'large.conf': 'x'.repeat(100_000) }, null);
      const step = { kind: 'write-config', process: 'web', user: 'root', config } as const;
      await assert.rejects(applyStep(step, { paths, self: null }), { code: 'NO_SPACE' });
      assert.deepEqual(await readdir(`${paths.config}/web`), []);
    });

    it('stay as they were when it is read-only, and the error says so', async () => {
      const path = `${disk}/file`;
      await writeFileAtomic(path, 'old', { mode: 0o644 });
      await run(['mount', '-o', 'remount,ro', disk]);
      await assert.rejects(writeFileAtomic(path, 'new', { mode: 0o644 }), { code: 'READ_ONLY' });
      assert.equal(await readFile(path, 'utf8'), 'old');
    });
  });
});
