import assert from 'node:assert/strict';
import type { ProcessState } from '../../../src/domain/making/spec.ts';
import { roleState } from '../../../src/domain/telling/status-of.ts';
import { NOW } from '../../support/clusters.ts';

describe('a role', () => {
  const of = (state: ProcessState, stopped = false, failed: string[] = [], held = false) =>
    roleState(stopped, [['p', { state, pid: null, since: NOW, held }]], new Set(failed));

  it('is what its processes are', () => {
    assert.equal(of('RUNNING'), 'running');
    assert.equal(of('STARTING'), 'starting');
    assert.equal(of('FATAL'), 'failed');
    assert.equal(of('STOPPED', true), 'stopped');
    assert.equal(of('STOPPED', false, [], true), 'stopped');
    assert.equal(of('RUNNING', false, ['p']), 'failed');
    assert.equal(roleState(false, [], new Set()), 'running');
    assert.equal(roleState(false, [['p', undefined]], new Set()), 'starting');
  });
});
