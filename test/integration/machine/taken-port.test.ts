import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { basename } from 'node:path';
import type { ErrorRecord } from '../../../src/domain/base/error-codes.ts';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { ProcessSpec } from '../../../src/domain/making/spec.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { freePort } from '../../support/ports.ts';
import { hint } from '../../support/said/hint.ts';
import { endNode, look, onePass, processSpec, testNode } from './node.ts';

const ADDRESS = '127.0.0.1';

describe('a port that another program has', function () {
  this.timeout(30_000);
  let paths: Paths;
  let port: number;
  let other: Server;

  beforeEach(async () => {
    paths = await testNode();
    other = createServer();
    await new Promise<void>((resolve) => other.listen(0, ADDRESS, resolve));
    ({ port } = other.address() as { port: number });
  });
  afterEach(async () => {
    other.close();
    await endNode(paths);
  });

  const redis = (at: number): ProcessSpec =>
    processSpec(paths, {
      name: 'redis',
      argv: ['redis-server', '--port', `${at}`, '--bind', ADDRESS, '--save', ''],
      ready: { tcp: { address: ADDRESS, port: at } },
      listens: [{ address: ADDRESS, port: at }],
    });
  const stopped = () => new Promise((resolve) => other.close(resolve));
  const runs = async (at: number): Promise<void> => {
    assert.deepEqual(await onePass([redis(at)], paths), []);
    assert.equal((await look('redis', paths)).state, 'RUNNING');
  };

  it('is had when that is stopped, or another is given', async () => {
    const [failure] = await onePass([redis(port)], paths);
    assert.equal(failure?.code, 'PORT_TAKEN');
    const listed = 'machine/apply/run-state.ts: stop ${who}, or give it another port';
    const { values } = hint(failure.next, listed);
    assert.deepEqual(values, [basename(process.execPath)]);
    assert.match(failure.why!, new RegExp(`^${values[0]} \\(pid ${process.pid}\\) listens on`));
    await runs(await freePort());
    await stopped();
    await runs(port);
  });

  it('is had by one that cannot be named, as in a container beside this one', async () => {
    const { name: process, readySeconds, restarts, listens, service } = redis(port);
    await applyStep({ kind: 'write-service', process, service }, { paths, self: null });
    const step = { kind: 'start', process, readySeconds, restarts, listens };
    const { code, next } = JSON.parse(apartFrom(step, paths)) as ErrorRecord;
    assert.equal(code, 'PORT_TAKEN');
    hint(next, 'machine/apply/run-state.ts: stop another program, or give it another port');
    await stopped();
    await runs(port);
  });
});

/** One step by a program that sees no process but its own. */
function apartFrom(step: object, paths: Paths): string {
  const script = `
    const { applyStep } = await import('${import.meta.dirname}/../../../src/machine/apply/apply.ts');
    const [step, paths] = JSON.parse(process.argv[1]);
    await applyStep(step, { paths, self: null }).catch((error) => console.log(JSON.stringify(error)));`;
  const argv = [process.execPath, '-e', script, JSON.stringify([step, paths])];
  const apart = ['--pid', '--fork', '--mount-proc', ...argv];
  return execFileSync('unshare', apart, { encoding: 'utf8' });
}
