import assert from 'node:assert/strict';
import type { Node } from '../../../src/domain/document/cluster.ts';
import { hasAllNeeded, withNeeded } from '../../../src/domain/roles/needed.ts';
import { catalogue } from '../../support/clusters.ts';
import { testNode } from '../../support/views.ts';

const STOPPED = { by: 'n1', at: '2026-01-01T00:00:00.000Z' };
const core = testNode(['base', 'primary', 'controller', 'router']);

describe('what a recovered core runs', () => {
  const again = (changes: Partial<Node>): string[] => {
    const before = { ...core, ...changes };
    const after = withNeeded(before, catalogue);
    assert.ok(hasAllNeeded(after.node, catalogue));
    assert.equal(hasAllNeeded(before, catalogue), after.again.length === 0);
    return after.again;
  };

  it('is bus and controller, whatever a person did to them', () => {
    const { controller: _controller, ...without } = core.roles;
    assert.deepEqual(again({}), []);
    assert.deepEqual(again({ roles: { ...core.roles, controller: { stopped: STOPPED } } }), [
      'controller',
    ]);
    assert.deepEqual(again({ roles: without }), ['controller']);
    assert.deepEqual(again({ held: { controller: 'boot', 'nats-server': 'boot' } }), [
      'controller',
      'primary',
    ]);
  });

  it('is not what else a person stopped or held', () => {
    const roles = { ...core.roles, router: { stopped: STOPPED } };
    const { node, again } = withNeeded({ ...core, roles, held: { nginx: 'boot' } }, catalogue);
    assert.deepEqual([node.roles.router?.stopped, node.held], [STOPPED, { nginx: 'boot' }]);
    assert.deepEqual(again, []);
  });
});
