import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { Paths } from '../../../src/domain/making/paths.ts';
import { planNode } from '../../../src/domain/making/plan.ts';
import type { ProcessSpec, Spec } from '../../../src/domain/making/spec.ts';
import type { Step } from '../../../src/domain/making/step.ts';
import { updateSteps } from '../../../src/domain/making/update.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { run } from '../../../src/machine/command.ts';
import { observe } from '../../../src/machine/observe.ts';
import { serviceOf } from '../../../src/machine/s6/service.ts';
import { freePort } from '../../support/ports.ts';
import { configOf, endNode, install, look, processSpec, testNode } from './node.ts';

describe('a newer kato that writes a running redis otherwise', function () {
  this.timeout(60_000);
  let paths: Paths;
  let port: number;
  beforeEach(async () => {
    paths = await testNode();
    port = await freePort();
    await install(redisWith('maxmemory 256m'), paths);
  });
  afterEach(() => endNode(paths));

  it('leaves it running, and what the cluster asks for later restarts it', async () => {
    const { pid } = await look('redis', paths);
    const written = redisWith('maxmemory 268435456', '--loglevel debug');
    await applyAll(await update(written));
    assert.deepEqual(await plan(written), []);
    assert.equal((await look('redis', paths)).pid, pid);

    const asked = redisWith('maxmemory 314572800', '--loglevel debug');
    const steps = await plan(asked);
    assert.equal(steps.at(-1)!.kind, 'restart');
    await applyAll(steps);
    assert.deepEqual(await plan(asked), []);
    assert.notEqual((await look('redis', paths)).pid, pid);
    assert.equal(await said('maxmemory'), '314572800');
    assert.equal(await said('loglevel'), 'debug');
  });

  for (const upTo of [0, 1, 2, 3, 4, 5]) {
    it(`begins again where it was killed after ${upTo} acts`, async () => {
      const { pid } = await look('redis', paths);
      const written = redisWith('maxmemory 268435456', '--loglevel debug');
      for (const act of (await actsOf(written)).slice(0, upTo)) await act();
      await applyAll(await update(written));
      await applyAll(await plan(written));
      assert.equal((await look('redis', paths)).pid, pid);
      assert.deepEqual(await plan(written), []);
    });
  }

  it('takes it when it starts again by itself', async () => {
    const written = redisWith('maxmemory 268435456', '--loglevel debug');
    await applyAll(await update(written));
    await applyAll([{ kind: 'restart', process: 'redis', restarts: 1, readySeconds: 10 }]);
    assert.equal(await said('loglevel'), 'debug');
    assert.deepEqual(await plan({ ...written, restarts: 1 }), []);
  });

  it('does not hide that a restart is still owed', async () => {
    const asked = redisWith('maxmemory 256m', '--loglevel notice');
    const [write] = await plan(asked);
    await applyAll([write!]);
    await applyAll(await update(redisWith('maxmemory 268435456', '--loglevel debug')));
    const steps = await plan(redisWith('maxmemory 268435456', '--loglevel debug'));
    assert.equal(steps.at(-1)!.kind, 'restart');
  });

  function redisWith(line: string, argument = ''): ProcessSpec {
    const { files, ...config } = configOf({ 'redis.conf': `port ${port}\n${line}\n` }, null);
    const more = argument === '' ? [] : argument.split(' ');
    return processSpec(paths, {
      name: 'redis',
      argv: ['redis-server', `${paths.config}/redis/current/redis.conf`, ...more],
      ready: { tcp: { address: '127.0.0.1', port } },
      config: { ...config, files: files.map((file) => ({ ...file, change: 'restart' })) },
      update: 'next_start',
    });
  }

  function specOf(process: ProcessSpec): Spec {
    const version = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1' };
    return { version, node: 'here', processes: [process], broken: [], serving: [], purge: [] };
  }

  /** The steps of an update, and what they do in between. */
  async function actsOf(process: ProcessSpec): Promise<(() => Promise<unknown>)[]> {
    const steps = (await update(process)).map(
      (step) => () => applyStep(step, { paths, self: null }),
    );
    assert.equal(steps.length, 3);
    const { config, service } = process;
    const load = () => run(['ln', '-sfn', config!.hash, `${paths.config}/redis/loaded`]);
    const file = `${serviceOf('redis', paths)}/run`;
    const writeRun = () => writeFile(file, service.files.run!.content);
    return [steps[0]!, load, steps[1]!, writeRun, steps[2]!];
  }

  async function plan(process: ProcessSpec): Promise<Step[]> {
    return planNode(specOf(process), await observe(paths, [process]));
  }

  async function update(process: ProcessSpec): Promise<Step[]> {
    return updateSteps(specOf(process), await observe(paths, [process]), 'd1', null);
  }

  async function applyAll(steps: Step[]): Promise<void> {
    for (const step of steps) await applyStep(step, { paths, self: null });
  }

  async function said(name: string): Promise<string> {
    const { stdout } = await run(['redis-cli', '-p', `${port}`, 'config', 'get', name]);
    return stdout.trim().split('\n').at(-1)!;
  }
});
