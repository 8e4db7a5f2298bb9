import assert from 'node:assert/strict';
import { nodeRemove, nodeSettleFormer } from '../../../src/operations/nodes.ts';
import { nameNodes } from '../../../src/operations/operation.ts';
import { clusterWith, NOW } from '../../support/clusters.ts';

describe('what the history keeps of a request', () => {
  const former = { n1: { id: 'n1', name: 'old', key: 'U', removedAt: NOW, awaited: true } };
  const cluster = clusterWith({ web: ['router'] }, { former });

  it('has nodes by their names, also those that were removed', () => {
    const removal = nameNodes(nodeRemove, { nodes: ['web', 'n1', 'n2'] }, cluster);
    assert.deepEqual(removal, { nodes: ['web', 'old', 'n2'] });
    assert.deepEqual(nameNodes(nodeSettleFormer, { node: 'n1' }, cluster), { node: 'old' });
  });
});
