import assert from 'node:assert/strict';
import type { KatoError } from '../../../../src/domain/base/error.ts';
import { findNode } from '../../../../src/domain/nodes/find-node.ts';
import { clusterWith, later, nodeOf, withNode } from '../../../support/clusters.ts';
import { hint } from '../../../support/said/hint.ts';

describe('a node by what it is called', () => {
  it('is one of two that are to take the place of a third, which was removed meanwhile', () => {
    const joining = { name: 'web', pendingUntil: later(60) };
    const two = ['n1', 'n2'].map((id) => [id, nodeOf(id, ['router'], { id, ...joining })]);
    const cluster = clusterWith({}, { nodes: Object.fromEntries(two) });
    assert.throws(
      () => findNode(cluster, 'web'),
      ({ message, next }: KatoError) => {
        assert.equal(message, "'web' stands for 2 nodes");
        const { commands } = hint(
          next,
          'domain/nodes/find-node.ts: name one of them by its id, from kato node list --json',
        );
        assert.deepEqual(commands, ['kato node list --json']);
        return true;
      },
    );
    assert.equal(findNode(cluster, 'n2').id, 'n2');
    const there = withNode(cluster, 'n1', { pendingUntil: null });
    assert.equal(findNode(there, 'web').id, 'n1');
  });
});
