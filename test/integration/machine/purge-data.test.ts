import assert from 'node:assert/strict';
import { access, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import type { ApplyContext } from '../../../src/machine/apply/context.ts';
import { onePass } from './node.ts';
import { type DataNode, dataNode, ROWS } from './volume.ts';

describe('data that a person has deleted', function () {
  this.timeout(60_000);
  let node: DataNode;
  let context: ApplyContext;
  beforeEach(async () => {
    node = await dataNode();
    context = { paths: node.paths, self: null };
  });
  afterEach(() => node.end());

  const pass = async () => assert.deepEqual(await onePass([node.database], node.paths), []);
  /** A pass of a node that has the role no more, and was asked to delete its data. */
  const purgingPass = async () => {
    const purge = [{ process: 'db', folder: node.folder }];
    assert.deepEqual(await onePass([], node.paths, purge), []);
  };
  /** What a person puts there. */
  const bring = async () => {
    await mkdir(`${node.folder}/base`, { recursive: true });
    await writeFile(`${node.folder}/${ROWS}`, 'backup');
  };
  const remove = () => applyStep({ kind: 'remove', process: 'db', seconds: 5 }, context);
  const purge = () =>
    applyStep({ kind: 'purge-data', process: 'db', folder: node.folder }, context);
  const records = () => readdir(node.paths.made);

  it('is gone, also on a volume that a link leads to', async () => {
    const { paths, volume, volumes } = node;
    await volumes.link.come();
    await pass();
    await remove();
    await purge();
    assert.deepEqual(await readdir(volume), []);
    assert.deepEqual([await readdir(paths.data), await records()], [[], []]);
    await pass();
  });

  it('is gone from a volume that is mounted, which stays', async function () {
    const { folder, volume, volumes } = node;
    await volumes.mount.come().catch(() => this.skip());
    await pass();
    await remove();
    await purge();
    assert.deepEqual(await readdir(volume), []);
    assert.deepEqual([await readdir(folder), await records()], [[], []]);
    await pass();
  });

  it('does not take other data with it that is in its place', async () => {
    const { folder, volume, volumes } = node;
    await volumes.link.come();
    await pass();
    await remove();
    await writeFile(`${volume}/.kato-data`, '{"id":"other","secrets":null}');
    await purge();
    await access(`${volume}/${ROWS}`);
    assert.deepEqual(await records(), []);
    await purge();
    assert.ok((await lstat(folder)).isSymbolicLink(), 'what is on no record is not deleted');
  });

  it('does not take with it what its program has links to', async () => {
    const { folder, paths } = node;
    await pass();
    await remove();
    await symlink(paths.state, `${folder}/out`);
    await writeFile(`${paths.root}/precious`, '');
    await symlink(paths.root, `${folder}/base/up`);
    await purge();
    await access(`${paths.root}/precious`);
    await assert.rejects(access(folder));
  });

  it('is given up when its volume is lost, and begins anew', async () => {
    const { volume, volumes } = node;
    await volumes.link.come();
    await pass();
    await volumes.link.go();
    await remove();
    await purge();
    await pass();
    await access(`${volume}.away/${ROWS}`);
  });

  it('is deleted also where a purge broke off', async () => {
    const { folder, volume, volumes } = node;
    await volumes.link.come();
    await pass();
    await remove();
    await rm(`${volume}/base`, { recursive: true });
    await purge();
    assert.deepEqual([await readdir(volume), await records()], [[], []]);
    await assert.rejects(lstat(folder));
  });

  it('stays what a person puts there afterwards, in each pass that follows, and the role takes it', async () => {
    const { folder } = node;
    await pass();
    await purgingPass();
    await assert.rejects(access(folder));
    await bring();
    await purgingPass();
    assert.equal(await readFile(`${folder}/${ROWS}`, 'utf8'), 'backup');
    await pass();
    assert.match(await readFile(`${folder}/${ROWS}`, 'utf8'), /^backup/);
  });

  it('leaves alone what a person put in its place before the node could delete it', async () => {
    const { folder } = node;
    await pass();
    await remove();
    await rm(folder, { recursive: true });
    await bring();
    await purgingPass();
    await purgingPass();
    assert.equal(await readFile(`${folder}/${ROWS}`, 'utf8'), 'backup');
    assert.deepEqual(await records(), []);
  });

  it('leaves alone what it never had, and a file in its place', async () => {
    await bring();
    await purgingPass();
    await access(`${node.folder}/${ROWS}`);
    await rm(node.folder, { recursive: true });
    await pass();
    await remove();
    await rm(node.folder, { recursive: true });
    await writeFile(node.folder, 'precious');
    await purgingPass();
    assert.equal(await readFile(node.folder, 'utf8'), 'precious');
  });

  it('goes with what a first run has left that broke off, once', async () => {
    const { database, folder, paths } = node;
    const argv = ['sh', '-c', 'mkdir base && exit 1'];
    const broken = { ...database, initialize: { ...database.initialize!, argv } };
    assert.equal((await onePass([broken], paths)).length, 1);
    await access(`${folder}/base`);
    await purgingPass();
    assert.deepEqual(await readdir(paths.data), []);
    await bring();
    await purgingPass();
    await access(`${folder}/${ROWS}`);
  });
});
