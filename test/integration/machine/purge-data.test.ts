import assert from 'node:assert/strict';
import { access, lstat, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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
});
