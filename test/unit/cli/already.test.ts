import assert from 'node:assert/strict';
import { failureAmong } from '../../../src/cli/session/already.ts';
import type { NodeStatus, RoleStatus } from '../../../src/domain/telling/status.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';

describe('what was asked for already', () => {
  const redis = (state: RoleStatus['state'], process: 'STOPPED' | 'FATAL'): RoleStatus => ({
    name: 'redis',
    state,
    processes: [{ name: 'redis', state: process, pid: null, since: null }],
  });
  const found = (changes: Partial<NodeStatus>, meant = 'redis') =>
    failureAmong(
      statusWith({ nodes: [nodeStatus('db', changes)] }),
      (_, { name }) => name === meant,
    );

  it('is so where nothing of it has failed, whatever else has', () => {
    assert.equal(found({ roles: [redis('running', 'STOPPED')] }), null);
    const failed = { roles: [redis('failed', 'FATAL')] };
    assert.equal(found(failed, 'router'), null);
    const error = { step: 'start memcached', code: 'PORT_TAKEN' as const, message: 'taken' };
    assert.equal(found({ roles: [redis('running', 'STOPPED')], error }), null);
  });

  it('is told with the failure of its step, and the code of that', () => {
    const step = { code: 'CONFIG_REFUSED' as const, message: 'refused', why: 'w', next: 'n' };
    for (const state of ['failed', 'running'] as const) {
      const error = { step: 'write-config redis', ...step };
      assert.deepEqual(found({ roles: [redis(state, 'STOPPED')], error })?.toJSON(), {
        ...step,
        message: 'already asked for, but not done: db: refused',
      });
    }
  });

  it('has no step that failed where its process keeps dying', () => {
    const told = found({ roles: [redis('failed', 'FATAL')] })!;
    assert.equal(told.message, "already asked for, but not done: db: the role 'redis' has failed");
    assert.deepEqual([told.code, told.why], ['ROLE_FAILED', 'redis keeps dying']);
    assert.equal(told.next, 'kato status');
    const dead = found({ roles: [redis('failed', 'STOPPED')], state: 'dead' })!;
    assert.equal(dead.why, 'db is dead');
  });
});
