import assert from 'node:assert/strict';
import type { ProcessState } from '../../../src/domain/making/spec.ts';
import { roleState } from '../../../src/domain/telling/role-state.ts';
import { NOW } from '../../support/clusters.ts';

describe('a role', () => {
  const of = (state: ProcessState, stopped = false, failed: string[] = [], held = false) =>
    roleState(stopped, ['p'], {
      processes: { p: { state, pid: null, since: NOW, held } },
      failures: failed.map((process) => ({ process })),
    });

  it('is what its processes are', () => {
    assert.equal(of('RUNNING'), 'running');
    assert.equal(of('STARTING'), 'starting');
    assert.equal(of('FATAL'), 'failed');
    assert.equal(of('STOPPED', true), 'stopped');
    assert.equal(of('STOPPED', false, [], true), 'stopped');
    assert.equal(of('RUNNING', false, ['p']), 'failed');
    assert.equal(roleState(false, [], undefined), 'running');
    assert.equal(of('RUNNING', false, ['another']), 'running');
    assert.equal(roleState(false, ['p'], undefined), 'starting');
  });
});
