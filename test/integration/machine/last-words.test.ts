import assert from 'node:assert/strict';
import type { Paths } from '../../../src/domain/making/paths.ts';
import { applyStep } from '../../../src/machine/apply/apply.ts';
import { until } from '../../support/until.ts';
import { endNode, install, look, processSpec, testNode } from './node.ts';

describe('a process that does not come up', function () {
  this.timeout(30_000);
  let paths: Paths;
  beforeEach(async () => {
    paths = await testNode();
  });
  afterEach(() => endNode(paths));

  it('is told with what it wrote in this life, and nothing of an earlier one', async () => {
    const speaking = (word: string) =>
      processSpec(paths, {
        name: 'told',
        argv: ['sh', '-c', `echo ${word}; exec sleep 99`],
        ready: { command: ['false'] },
        readySeconds: 2,
      });
    const failure = async (word: string) => {
      const caught = install(speaking(word), paths);
      const { why } = await caught.then(
        () => assert.fail('it came up'),
        (error: unknown) => error as { why: string },
      );
      await applyStep({ kind: 'stop', process: 'told', seconds: 5 }, { paths, self: null });
      await until(async () => (await look('told', paths)).state === 'STOPPED', {
        what: 'it is down',
        seconds: 5,
      });
      return why;
    };
    assert.match(await failure('first'), /^it wrote last:\n.* first$/);
    const second = await failure('second');
    assert.match(second, /second/);
    assert.doesNotMatch(second, /first/);
    const silent = processSpec(paths, {
      name: 'told',
      argv: ['/usr/bin/sleep', '99'],
      ready: { command: ['false'] },
      readySeconds: 2,
    });
    await assert.rejects(install(silent, paths), { why: 'it wrote nothing to its log' });
  });
});
