import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { shutdownSupervision } from '../../../src/machine/s6/shutdown.ts';
import { accepts, freePort } from '../../support/ports.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import { endNode, install, look, onePass, processSpec, testNode } from './node.ts';

const FILES = 120;

describe('a process of which its supervision does not hear', function () {
  this.timeout(60_000);
  let paths: Paths;
  afterEach(async () => {
    await shutdownSupervision(paths);
    await run(['umount', paths.service]).catch(() => undefined);
    await endNode(paths);
  });

  const recheck = async (spec: ProcessSpec) => {
    const { name: process, readySeconds } = spec;
    const step = { kind: 'recheck', process, restarts: 0, readySeconds } as const;
    await applyStep(step, { paths, self: null });
  };

  it('for want of inodes serves all the same, and is heard of when there are some', async function () {
    const mount = ['mount', '-t', 'tmpfs', '-o', `size=8m,nr_inodes=${FILES}`, 'tmpfs'];
    paths = await testNode(async ({ service }) => {
      await mkdir(service, { recursive: true });
      await run([...mount, service]).catch(() => this.skip());
    });
    await run(['chmod', '0755', paths.root]);
    const port = await freePort();
    const redis = processSpec(paths, {
      name: 'redis',
      user: 'redis',
      argv: ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1'],
      ready: { tcp: { address: '127.0.0.1', port } },
    });
    await install(redis, paths);
    const filler = `${paths.service}/.filler`;
    await mkdir(filler);
    for (let i = 0; i < FILES; i++) {
      await writeFile(`${filler}/${i}`, '').catch(() => undefined);
    }
    assert.ok((await readdir(filler)).length < FILES, 'no file can be made any more');
    process.kill((await look('redis', paths)).pid!, 'SIGKILL');
    await until(async () => !(await accepts('127.0.0.1', port)), { what: 'it died', seconds: 5 });
    await until(() => accepts('127.0.0.1', port), { what: 'it serves again', seconds: 10 });

    const now = await look('redis', paths);
    assert.deepEqual([now.state, now.pid, now.unheard], ['STARTING', null, true]);
    const [failure] = await onePass([redis], paths);
    const { text } = hint(
      failure?.next,
      'machine/apply/run-state.ts: free some space or files: df -h; df -i',
    );
    const { stdout } = await run(['sh', '-c', text.slice(text.indexOf('df'))]);
    assert.match(stdout, new RegExp(`${FILES} +${FILES} +0 +100% ${paths.service}`));
    assert.ok(await accepts('127.0.0.1', port), 'what serves is left alone');

    const pid = await listenerAt(port);
    await rm(filler, { recursive: true });
    assert.deepEqual(await onePass([redis], paths), []);
    const then = await look('redis', paths);
    assert.deepEqual([then.state, then.pid, then.unheard], ['RUNNING', pid, false]);
  });

  describe('because who would say so has died', () => {
    const gate = () => `${paths.run}/gate`;
    let slow: ProcessSpec;
    let pid: number | null;
    beforeEach(async () => {
      paths = await testNode();
      slow = processSpec(paths, {
        name: 'slow',
        argv: ['sleep', 'infinity'],
        ready: { command: ['test', '-e', gate()] },
        readySeconds: 3,
      });
      await assert.rejects(install(slow, paths), { code: 'ROLE_FAILED' });
      ({ pid } = await look('slow', paths));
      await until(() => run(['pkill', '-f', `^/bin/sh ./say-ready ${pid}$`]).then(() => true), {
        what: 'it is dead',
        seconds: 5,
      });
    });

    it('is restarted once its own check succeeds', async () => {
      await writeFile(gate(), '');
      await recheck(slow);
      const now = await look('slow', paths);
      assert.equal(now.state, 'RUNNING');
      assert.notEqual(now.pid, pid);
    });

    it('is left alone while its check does not: it may be slow', async () => {
      await recheck(slow);
      const now = await look('slow', paths);
      assert.deepEqual([now.state, now.pid], ['STARTING', pid]);
    });

    it('is noticed only after it has been starting for long', async () => {
      await writeFile(gate(), '');
      assert.equal((await look('slow', paths)).unheard, false);
      const { now } = Date;
      Date.now = () => now() + 31_000;
      try {
        assert.equal((await look('slow', paths)).unheard, true);
        await rm(gate());
        assert.equal((await look('slow', paths)).unheard, false);
      } finally {
        Date.now = now;
      }
    });
  });
});

async function listenerAt(port: number): Promise<number> {
  const { stdout } = await run(['ss', '-Hltnp', `sport = :${port}`]);
  return Number(/pid=(\d+)/.exec(stdout)?.[1]);
}
