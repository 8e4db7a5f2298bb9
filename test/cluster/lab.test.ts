import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/lab/command.ts';
import { Lab } from '../support/lab/lab.ts';
import { allPids, attempt, markOf, namespaceOf } from '../support/lab/processes.ts';
import { CHECKOUT, loadLab, ownLabs, saveLab } from '../support/lab/store.ts';
import { orSkip, useLab } from '../support/lab/suite.ts';
import { until } from '../support/until.ts';

/** Nobody listens on port 9: a host that can be reached refuses, one that cannot is silent. */
const KNOCK = `
  const socket = require('node:net').connect(9, process.argv[1]);
  socket.on('error', (error) => { console.log(error.code); process.exit(); });
  setTimeout(() => { console.log('silence'); process.exit(); }, 300);`;
const NODE = process.execPath;
const NO_LAB = 'lab: this checkout has no lab: scripts/lab up 3 makes one, --lab N takes another';

describe('a lab of hosts', () => {
  const lab = useLab({ hosts: 3, anyKind: true });
  const reaches = async (from: number, to: number) => {
    const { stdout } = await lab.host(from).run([NODE, '-e', KNOCK, lab.host(to).address]);
    return stdout.trim() === 'ECONNREFUSED';
  };
  const comesToReach = (from: number, to: number, wanted: boolean) =>
    until(async () => (await reaches(from, to)) === wanted, {
      what: `h${from} ${wanted ? 'reaches' : 'does not reach'} h${to}`,
      seconds: 10,
    });

  it('has hosts that reach each other', async () => {
    assert.deepEqual(await Promise.all([reaches(1, 2), reaches(2, 3), reaches(3, 1)]), [
      true,
      true,
      true,
    ]);
  });

  it('gives each host its own name, processes and machine id, and kato', async function () {
    if (lab.kind === 'plain') this.skip();
    const names = await Promise.all(lab.hosts.map((host) => host.run(['hostname'])));
    assert.deepEqual(
      names.map((one) => one.stdout),
      ['h1\n', 'h2\n', 'h3\n'],
    );
    const ids = await Promise.all(lab.hosts.map((host) => host.read('/etc/machine-id')));
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(
      lab
        .host(1)
        .processes()
        .map((one) => [one.pid, one.name]),
      [[1, 's6-svscan']],
    );
    assert.match(await lab.host(1).kato('--version'), /^kato \d/);
    assert.equal((await lab.host(1).run(['touch', `${import.meta.dirname}/x`])).exitCode, 1);
  });

  it('tells how a command ended, whatever that was', async () => {
    const host = lab.host(1);
    const { exitCode, stdout, stderr } = await host.run(['sh', '-c', 'cat; echo b >&2; exit 7'], {
      input: 'a',
    });
    assert.deepEqual([exitCode, stdout, stderr], [7, 'a', 'b\n']);
    assert.equal((await host.run(['sh', '-c', 'kill -TERM $$'])).exitCode, 143);
    await assert.rejects(host.run(['sleep', '60'], { timeoutMs: 200 }), /not done after 200 ms/);
    const running = host.spawn(['sleep', '60']);
    assert.equal((await running.kill('SIGTERM')).exitCode, 143);
  });

  it('loses /run and keeps the disk when the power is cut', async () => {
    const host = lab.host(2);
    const running = host.spawn(['sleep', '60']);
    await host.write('/run/kato/volatile', 'gone soon');
    await host.write('/var/lib/kato/kept', 'still here');
    await host.powerOff();
    assert.equal(host.isOn, false);
    assert.notEqual((await running.result).exitCode, 0);
    await host.powerOn();
    await assert.rejects(host.read('/run/kato/volatile'));
    assert.equal(await host.read('/var/lib/kato/kept'), 'still here');
    assert.equal(await reaches(1, 2), true);
  });

  it('cuts a cable, heals it, and cuts it so that nobody is told', async function () {
    await orSkip(this, () => lab.host(3).cut());
    const link = async () => (await lab.host(3).run(['ip', 'link', 'show', 'eth0'])).stdout;
    assert.match(await link(), /NO-CARRIER/);
    await comesToReach(1, 3, false);
    await lab.host(3).heal();
    await comesToReach(1, 3, true);
    await lab.host(3).cut({ silent: true });
    assert.doesNotMatch(await link(), /NO-CARRIER/);
    await comesToReach(1, 3, false);
    await lab.host(3).heal();
    await comesToReach(1, 3, true);
  });

  it('freezes one process and lets it go on', async () => {
    const host = lab.host(1);
    const running = host.spawn(['sleep', '60']);
    const sleeper = await until(() => host.processes().find((one) => one.name === 'sleep'), {
      what: 'sleep has started',
      seconds: 5,
    });
    const state = async () => (await host.run(['ps', '-o', 'stat=', `${sleeper.pid}`])).stdout[0];
    await host.freeze('sleep');
    await until(async () => (await state()) === 'T', { what: 'it is frozen', seconds: 5 });
    await host.thaw(sleeper.pid);
    await until(async () => (await state()) === 'S', { what: 'it goes on', seconds: 5 });
    await running.kill();
  });

  it('freezes a whole host, which is silent until it thaws', async function () {
    if (lab.kind === 'plain') this.skip();
    const host = lab.host(2);
    const running = host.spawn(['sh', '-c', 'while :; do echo tick; sleep 0.05; done']);
    const ticks = () => running.stdout.length;
    await until(() => ticks() > 0, { what: 'it ticks', seconds: 5 });
    await host.freeze();
    const frozenAt = ticks();
    await host.thaw();
    await until(() => ticks() > frozenAt, { what: 'it ticks again', seconds: 5 });
    await host.freeze();
    await host.powerOff();
    assert.notEqual((await running.result).exitCode, 0);
    await host.powerOn();
  });

  it('does not clash with a second lab, which leaves nothing behind', async () => {
    const second = await Lab.up({ hosts: 1 });
    const pid = second.host(1).pid;
    const network = pid === undefined ? undefined : namespaceOf(pid, 'mnt');
    assert.notEqual(second.folder, lab.folder);
    assert.notEqual(second.host(1).address, lab.host(1).address);
    await second.down();
    assert.equal(existsSync(second.folder), false);
    if (network !== undefined) {
      assert.deepEqual(
        allPids().filter((one) => namespaceOf(one, 'mnt') === network),
        [],
      );
    }
    assert.equal(await reaches(1, 3), true);
  });

  it('of another checkout is not what a command means that names none', async () => {
    const foreign = await Lab.up({ hosts: 1, stays: true });
    const folder = mkdtempSync(join(tmpdir(), 'kato-checkout-'));
    const typed = (...words: string[]) => {
      const cli = `${folder}/other/test/support/lab/cli.ts`;
      const argv = [NODE, '--preserve-symlinks', '--preserve-symlinks-main', cli, ...words];
      return run({ argv, env: { PATH: process.env.PATH! }, wrapped: false }, {});
    };
    try {
      symlinkSync(CHECKOUT, `${folder}/other`);
      assert.ok(ownLabs().includes(foreign.number));
      for (const line of ['on h1 true', 'power-off h1', 'down']) {
        const { exitCode, stderr } = await typed(...line.split(' '));
        assert.deepEqual([exitCode, stderr.trim()], [1, NO_LAB], line);
      }
      assert.equal((await typed('down', '--all')).exitCode, 0);
      const named = await typed('--lab', `${foreign.number}`, 'on', 'h1', 'echo', 'here');
      assert.deepEqual([named.exitCode, named.stdout], [0, 'here\n'], named.stderr);
    } finally {
      rmSync(folder, { recursive: true });
      await foreign.down();
    }
  });

  it('is swept away when the process that made it is gone', async () => {
    const orphan = await Lab.up({ hosts: 1 });
    const gone = { pid: process.pid, startedAt: 0 };
    saveLab({ ...loadLab(orphan.number)!, owner: gone });
    await Lab.sweep();
    assert.equal(existsSync(orphan.folder), false);
    assert.equal(
      attempt(() => markOf(orphan.host(1).pid!)),
      undefined,
    );
  });
});
