import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createIdentity } from '../../../src/bus/identity.ts';
import { encodeJoinToken } from '../../../src/bus/joining/join-token.ts';
import type { ErrorRecord } from '../../../src/domain/base/error-codes.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { run } from '../../../src/machine/command.ts';
import { writeIdentity } from '../../../src/machine/node/ledger.ts';
import { hint } from '../../support/said/hint.ts';
import { type Machine, machine } from './kato.ts';

const TOKEN = encodeJoinToken({
  ...{ address: '127.0.0.1', port: 1, fingerprint: 'f'.repeat(64), clusterId: 'c1' },
  ...{ seed: createIdentity().seed, id: 'token001', secret: 'secret' },
});
/** Refused in the end, whatever the surroundings: no machine has this address. */
const SETUP = 'kato node setup core api.example.com --address 192.0.2.1';
const ATTACH = `KATO_TOKEN=${TOKEN} kato node attach --address 127.0.0.1`;

describe('the surroundings of a machine', function () {
  this.timeout(30_000);
  let here: Machine;
  let paths: Paths;
  let mounts: string[];

  beforeEach(async () => {
    here = await machine({ agent: false });
    paths = pathsOf(here.env.KATO_ROOT!);
    mounts = [];
  });
  afterEach(async () => {
    for (const folder of mounts.reverse()) await run(['umount', folder]);
    here.end();
  });

  async function mount(folder: string, options: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    mounts.push(folder);
  }

  /** What both ways into a cluster say, before anything is installed or asked. */
  async function said(wanted: RegExp, before = ''): Promise<void> {
    for (const line of [SETUP, ATTACH]) {
      const { exitCode, stderr } = await here.type(`${before}${line}`);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr.replaceAll(/\s+/g, ' '), wanted);
      assert.doesNotMatch(stderr, /Install|core of the token|bug in kato|\.kato-new/);
    }
  }

  /** Why setup core is refused. */
  async function refusedSetup(before = ''): Promise<ErrorRecord> {
    const { stdout } = await here.type(`${before}${SETUP} --json`);
    return (JSON.parse(stdout) as { error: ErrorRecord }).error;
  }

  const lib = (): string => `${paths.root}/var/lib/kato`;

  it('where no program can be run are told, with the mount, before anything is done', async () => {
    await mount(lib(), 'noexec');
    await said(/no program can be run in \S+\/service why: \S+\/var\/lib\/kato is mounted noexec/);
    const { stdout } = await here.type(`ls -A ${lib()}`);
    assert.equal(stdout, '');
    const { text } = hint(
      (await refusedSetup()).next,
      'machine/disk/ground.ts: mount -o remount,exec ${mount.point}, and correct /etc/fstab',
    );
    await here.type(text.slice(0, text.indexOf(', and')));
    assert.equal((await refusedSetup()).code, 'BAD_ADDRESS');
  });

  it('are told by a node that boots, and not what it wrote in an earlier life', async () => {
    await mount(lib(), 'exec');
    const { key, seed } = createIdentity();
    const core = { address: '127.0.0.1', port: 1 };
    await writeIdentity(paths, {
      ...{ format: 1, nodeId: 'n1', name: 'web', key, seed, clusterId: 'c1', core, ca: '' },
      ...{ machineId: '', address: '127.0.0.1' },
    });
    await mkdir(`${paths.service}/agent`, { recursive: true });
    await writeFile(`${paths.service}/agent/run`, '#!/bin/sh\n');
    await chmod(`${paths.service}/agent/run`, 0o700);
    await run(['mount', '-o', 'remount,noexec', lib()]);
    const { exitCode, stderr } = await here.kato('node', 'boot');
    assert.equal(exitCode, 1);
    assert.match(stderr, /is mounted noexec\n {2}next: mount -o remount,exec /);
  });

  for (const folder of ['lib/kato', 'lib/kato/data', 'log/kato'] as const) {
    it(`without room in /var/${folder} are told by its name`, async () => {
      const path = `${paths.root}/var/${folder}`;
      await mount(path, 'size=16k');
      await run(['sh', '-c', `head -c 100000 /dev/zero >${path}/fill`]).catch(() => undefined);
      await said(
        new RegExp(`cannot write ${path}\\S* why: the disk is full next: free space or files`),
      );
    });

    it(`that are read-only in /var/${folder} are told by its name`, async () => {
      const path = `${paths.root}/var/${folder}`;
      await mount(path, 'ro');
      await said(new RegExp(`cannot write ${path}\\S* why: the file system is read-only`));
    });
  }

  it('without room in /run, or where that is read-only, are told by its name', async () => {
    const path = `${paths.root}/run`;
    await mount(path, 'size=16k');
    await run(['sh', '-c', `head -c 100000 /dev/zero >${path}/fill`]).catch(() => undefined);
    await said(/cannot write \S+\/run\/kato\/locks\S* why: the disk is full/);
    await mount(path, 'ro');
    await said(/cannot write \S+\/run\/kato\/locks why: the file system is read-only/);
  });

  it('whose TMPDIR is missing or full are told by its name, where it is needed', async () => {
    const none = await refusedSetup(`TMPDIR=${paths.root}/none `);
    assert.match(`${none.message}; ${none.why}`, /there is no folder \S+\/none; TMPDIR names it/);
    hint(none.next, 'machine/disk/ground.ts: make it, or run the command without TMPDIR');
    assert.equal((await refusedSetup()).code, 'BAD_ADDRESS');
    const path = `${paths.root}/tmp`;
    await mount(path, 'size=16k');
    await run(['sh', '-c', `head -c 100000 /dev/zero >${path}/fill`]).catch(() => undefined);
    const full = await here.type(`TMPDIR=${path} ${SETUP} --json`);
    const { error } = JSON.parse(full.stdout) as { error: { code: string; message: string } };
    assert.deepEqual([error.code, error.message], ['NO_SPACE', `cannot write ${path}`]);
  });

  it('without a home are good enough', async () => {
    for (const home of ['HOME=/nowhere', '-u HOME']) {
      const { exitCode, stdout } = await here.type(`env ${home} kato node attach --help`);
      assert.deepEqual([exitCode, /CORE_IP/.test(stdout)], [0, true], stdout);
    }
  });

  describe('with a host name that is not one of a node', () => {
    const named = (name: string, line: string) =>
      here.type(`unshare -u sh -c 'echo "$0" >/proc/sys/kernel/hostname; ${line}' '${name}'`);

    it('are told, with the flag that helps, before anything is installed', async () => {
      const setup = await named('web_01', SETUP);
      assert.match(setup.stderr, /host name of this machine is 'web_01'/);
      assert.match(setup.stderr, /next: kato node rename web-01 /);
      const attach = await named('web_01', ATTACH);
      assert.match(attach.stderr, /next: --name web-01 .*;\s+kato node rename web-01/);
      for (const { exitCode, stderr } of [setup, attach]) {
        assert.equal(exitCode, 2);
        assert.doesNotMatch(stderr, /Install|core of the token/);
      }
      const { stderr } = await named('web_01', `${ATTACH} --name web-01`);
      assert.match(stderr, /nothing listens at 127\.0\.0\.1:1/);
    });

    it('are no trouble where only a dot is too many', async () => {
      const { stderr } = await named('web.', ATTACH);
      assert.match(stderr, /nothing listens at 127\.0\.0\.1:1/);
    });
  });
});
