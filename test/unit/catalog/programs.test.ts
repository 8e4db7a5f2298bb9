import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '../../../src/catalog/load.ts';
import { resolvePrograms } from '../../../src/catalog/programs.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { readForeign } from '../../../src/machine/disk/files.ts';

const HOME = join(import.meta.dirname, '../../..');

describe('programs with a version in their path', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kato-programs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const find = async () => {
    const role = loadCatalogue(HOME).roles.get('postgresql')!;
    const programs = { postgres: { path: `${folder}/*/bin/postgres`, versionFile: 'PG_VERSION' } };
    const processes = role.processes.map((process) => ({ ...process, programs }));
    const roles = new Map([['postgresql', { ...role, processes }]]);
    const all = { roles, groups: new Map() };
    const paths = pathsOf(folder);
    const found = await resolvePrograms(all, ['postgresql'], paths, (path) => readForeign(path, 9));
    return found['postgresql/postgres'];
  };
  const install = (version: string) => {
    mkdirSync(join(folder, version, 'bin'), { recursive: true });
    writeFileSync(join(folder, version, 'bin/postgres'), '');
  };

  it('are the newest that is installed', async () => {
    for (const version of ['9', '15', '17']) install(version);
    assert.equal(await find(), `${folder}/17/bin/postgres`);
  });

  it('stay those that the data belongs to when a newer one comes', async () => {
    for (const version of ['15', '17']) install(version);
    const data = join(pathsOf(folder).data, 'postgresql');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'PG_VERSION'), '15\n');
    assert.equal(await find(), `${folder}/15/bin/postgres`);
  });

  for (const [what, text] of [
    ['leads out of the folder of versions', '../evil'],
    ['is a word of the replacement', '$&'],
    ['is empty', '\n'],
    ['is too long', '1'.repeat(40)],
  ] as const) {
    it(`are the newest where the file in the data ${what}`, async () => {
      install('15');
      const data = join(pathsOf(folder).data, 'postgresql');
      mkdirSync(data, { recursive: true });
      writeFileSync(join(data, 'PG_VERSION'), text);
      assert.equal(await find(), `${folder}/15/bin/postgres`);
    });
  }

  it('keep their pattern while the package is missing', async () => {
    assert.equal(await find(), `${folder}/*/bin/postgres`);
  });
});
