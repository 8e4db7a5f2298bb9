import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createIdentity } from '../../../src/bus/identity.ts';
import { encodeJoinToken } from '../../../src/bus/joining/join-token.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { keptIn, takeKept, writeKept } from '../../../src/machine/disk/kept-json.ts';
import { type Machine, machine } from './kato.ts';

const TOKEN = encodeJoinToken({
  ...{ address: '127.0.0.1', port: 1, fingerprint: 'f'.repeat(64), clusterId: 'c1' },
  ...{ seed: createIdentity().seed, id: 'token001', secret: 'secret' },
});

describe('the drafts of a command that broke off', () => {
  let here: Machine;
  let paths: Paths;
  beforeEach(async () => {
    here = await machine({ agent: false });
    paths = pathsOf(here.env.KATO_ROOT!);
    for (const folder of [paths.state, paths.aside]) await mkdir(folder, { recursive: true });
  });
  afterEach(() => here.end());

  const attach = () =>
    here.type(`KATO_TOKEN=${TOKEN} kato node attach --name web --address 127.0.0.1`);

  it('of an attach that are damaged are kept beside, which is told, and it goes on', async () => {
    for (const file of [`${paths.state}/join-key.json`, `${paths.aside}/wanted.json`]) {
      await writeFile(file, '{"key": "UA');
      const { exitCode, stderr } = await attach();
      assert.equal(exitCode, 5, stderr);
      assert.match(
        stderr,
        new RegExp(`^note: the previous attach left ${file}\\.damaged-1 damaged$`, 'm'),
      );
      assert.match(stderr, /nothing listens at 127\.0\.0\.1:1/);
      assert.equal(await readFile(`${file}.damaged-1`, 'utf8'), '{"key": "UA');
      assert.doesNotMatch((await attach()).stderr, /damaged/);
    }
  });

  it('of a setup that are damaged are kept beside, which is told, and it begins anew', async () => {
    const draft = `${paths.state}/setup.json`;
    await writeKept(draft, { cluster: { id: 'c1' } });
    const whole = await readFile(draft, 'utf8');
    await writeFile(draft, whole.replace('"c1"', '"c2"'));
    // An address that no machine has: it is to end there.
    const line = 'kato node setup core api.example.com --address 192.0.2.1';
    const { exitCode, stderr } = await here.type(line);
    assert.equal(exitCode, 2, stderr);
    assert.match(
      stderr,
      /note: the previous setup left a damaged draft: it is in \S+\/setup\.json\.damaged-1\n/,
    );
    assert.match(stderr, /does not have the address 192\.0\.2\.1/);
  });

  it('of kato 0.1.0, which wrote no digest, count', async () => {
    assert.deepEqual(keptIn('{"key":"UA"}\n'), { key: 'UA' });
    const file = `${paths.state}/join-key.json`;
    await writeKept(file, { key: 'UA' });
    assert.deepEqual(await takeKept(file), { value: { key: 'UA' }, aside: null });
    assert.deepEqual(await takeKept(`${file}-none`), { value: null, aside: null });
  });
});
