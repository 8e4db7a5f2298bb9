import assert from 'node:assert/strict';
import { arrange } from '../../../src/agent/pass.ts';
import type { Step } from '../../../src/domain/making/step.ts';

const DATA = { role: 'primary', node: 'h1', folder: '/data', user: 'nats', marker: null };

describe('the steps of a pass', () => {
  it('are first all stops, then one group for each process, in the order of the plan', () => {
    const steps: Step[] = [
      { kind: 'remove', process: 'memcached', seconds: 20 },
      { kind: 'stop', process: 'redis', seconds: 30 },
      { kind: 'make-data', process: 'nats-server', ...DATA },
      { kind: 'switch-config', process: 'router', hash: 'h1' },
      { kind: 'switch-config', process: 'nats-server', hash: 'h2' },
      { kind: 'reload', process: 'router', signal: 'HUP', confirm: null, hash: 'h1' },
    ];
    const { stops, groups } = arrange(steps);
    assert.deepEqual(stops, steps.slice(0, 2));
    assert.deepEqual(groups, [
      [steps[2], steps[4]],
      [steps[3], steps[5]],
    ]);
  });
});
