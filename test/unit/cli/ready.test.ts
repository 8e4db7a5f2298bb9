import assert from 'node:assert/strict';
import { leftDown, notReady } from '../../../src/cli/session/ready.ts';
import type {
  NodeState,
  ProcessStatus,
  Status,
  Warning,
} from '../../../src/domain/telling/status.ts';

describe('readiness', () => {
  const status = (processes: ProcessStatus[], stoppedBy?: string): Status =>
    ({
      nodes: [
        {
          id: 'n1',
          name: 'web',
          address: '10.0.0.2',
          state: 'active',
          appliedRevision: 3,
          roles: [
            {
              name: 'redis',
              state: 'running',
              processes,
              ...(stoppedBy === undefined ? {} : { stoppedBy }),
            },
          ],
        },
      ],
    }) as unknown as Status;
  const process = (state: ProcessStatus['state'], held = false): ProcessStatus => ({
    name: 'redis',
    state,
    pid: null,
    since: null,
    held,
  });

  it('is said of a process that runs, by name, address or id of its node', () => {
    for (const node of ['web', '10.0.0.2', 'n1']) {
      assert.equal(notReady(status([process('RUNNING')]), node, 'redis'), null);
    }
  });

  it('is denied with the reason', () => {
    assert.equal(notReady(status([process('STARTING')]), 'web', 'all'), 'redis on web is STARTING');
    const { nodes, ...rest } = status([process('RUNNING')]);
    const fresh = { ...rest, nodes: [{ ...nodes[0]!, appliedRevision: 0 }] };
    assert.equal(notReady(fresh, 'web', 'all'), 'web has not reported yet');
    assert.equal(
      notReady(status([process('STOPPED', true)]), 'web', 'redis'),
      'redis on web is held',
    );
  });

  it('of all does not need what a person stopped', () => {
    assert.equal(notReady(status([process('STOPPED', true)]), 'web', 'all'), null);
    assert.equal(notReady(status([process('STOPPED')], 'core'), 'web', 'all'), null);
  });

  it('of all tells what a person stopped or holds', () => {
    const held = process('STOPPED', true);
    assert.deepEqual(leftDown(status([process('RUNNING')]), 'web'), []);
    assert.deepEqual(leftDown(status([process('RUNNING'), held]), 'web'), ['redis is held']);
    assert.deepEqual(leftDown(status([held], 'core'), '10.0.0.2'), ['redis is stopped by core']);
  });

  it('is refused for a node that has gone, with what helps', () => {
    const gone = (state: NodeState, warnings: Warning[] = []) => {
      const { nodes, ...rest } = status([process('STOPPED')]);
      const all = { ...rest, warnings, nodes: [{ ...nodes[0]!, state }] };
      return () => notReady(all, 'web', 'all');
    };
    assert.throws(gone('left'), { next: 'kato node boot at 10.0.0.2 starts it' });
    const moved = { code: 'NODE_MOVED' as const, message: 'web is at 10.0.0.9', node: 'web' };
    assert.throws(gone('left', [moved]), { why: 'web is at 10.0.0.9' });
    assert.throws(gone('dead'), { next: 'kato status shows since when' });
  });

  it('is refused for what is not there', () => {
    assert.throws(() => notReady(status([process('RUNNING')]), 'wbe', 'all'), {
      code: 'UNKNOWN_NODE',
      why: "did you mean 'web'?",
    });
    assert.throws(() => notReady(status([process('RUNNING')]), 'web', 'nginx'), {
      code: 'NOT_FOUND',
    });
  });
});
