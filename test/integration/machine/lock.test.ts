import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { withLock } from '../../../src/machine/s6/lock.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

const MODULE = `${import.meta.dirname}/../../../src/machine/s6/lock.ts`;

describe('a lock', () => {
  let paths: Paths;
  let other: ChildProcess;
  beforeEach(async () => {
    paths = pathsOf(await mkdtemp('/tmp/kato-lock-'));
    const script = `
      const { withLock } = await import('${MODULE}');
      const paths = JSON.parse(process.argv[1]);
      await withLock('work', paths, async () => {
        console.log('held');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      }, { holder: 'kato other' });`;
    other = spawn(process.execPath, ['-e', script, JSON.stringify(paths)]);
    let said = '';
    other.stdout!.on('data', (chunk) => {
      said += String(chunk);
    });
    await until(() => said === 'held\n', { what: 'another program has it', seconds: 10 });
  });
  afterEach(async () => {
    other.kill('SIGKILL');
    await rm(paths.root, { recursive: true });
  });

  it('is waited for with a limit, and who waits is told for whom', async () => {
    const told: string[] = [];
    const options = { limitMs: 1500, onWait: (holder: string) => told.push(holder) };
    const who = `kato other (pid ${other.pid})`;
    const waiting = withLock('work', paths, async () => undefined, options);
    const refusal = (await waiting.catch((error: unknown) => error)) as KatoError;
    assert.deepEqual(
      [refusal.code, refusal.why, told],
      ['TIMEOUT', `${who} has had it for 2 s`, [who]],
    );
    assert.equal(await withLock('other-work', paths, async () => 'done', options), 'done');
    hint(refusal.next, 'machine/s6/lock.ts: check whether that still makes progress');
    const [, pid = ''] = /pid (\d+)/.exec(refusal.why!)!;
    process.kill(Number(pid), 'SIGKILL');
    assert.equal(await withLock('work', paths, async () => 'done', options), 'done');
  });

  it('is free as soon as who had it was killed', async () => {
    const waiting = withLock('work', paths, async () => 'done');
    other.kill('SIGKILL');
    assert.equal(await waiting, 'done');
  });

  it('is for root alone to open', async () => {
    assert.equal((await stat(paths.locks)).mode & 0o777, 0o700);
  });
});
