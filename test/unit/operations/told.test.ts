import assert from 'node:assert/strict';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { type NodeInfo, nodeInfo } from '../../../src/operations/nodes.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { history } from '../../../src/operations/status.ts';
import { catalogue, clusterWith, withNode } from '../../support/clusters.ts';

const cluster = clusterWith({ a: ['redis'], b: ['router'] });

describe('the history of one node', () => {
  const ask = (node: string, kept: unknown[] = []) => {
    const known = { cluster, history: async () => kept } as unknown as Knowledge;
    return history.run(known, { limit: 5, node }, cluster.nodes.core!);
  };

  it('is of one that there is, or that is in it by its name', async () => {
    assert.deepEqual(await ask('a'), []);
    assert.deepEqual(await ask('gone', [{ by: 'gone' }]), [{ by: 'gone' }]);
  });

  it('is refused of a node that there never was', async () => {
    await assert.rejects(ask('h9'), { code: 'UNKNOWN_NODE' });
  });
});

describe('the roles that a node may be given', () => {
  const limited = withNode(cluster, 'a', { allowedRoles: ['redis', 'load_balancer'] });
  const available = async (node: string, by: string) => {
    const known = { cluster: limited, catalogue, verdicts: NO_VERDICTS } as unknown as Knowledge;
    const info = await nodeInfo.run(known, { node }, limited.nodes[by]!);
    return (info as unknown as NodeInfo).available;
  };

  it('are those that its token allows, where the node asks itself', async () => {
    assert.deepEqual(await available('a', 'a'), ['load_balancer']);
  });

  it('are all that it does not have, where an admin asks', async () => {
    const all = await available('a', 'core');
    for (const role of ['router', 'controller', 'load_balancer']) assert.ok(all.includes(role));
    assert.ok(!all.includes('redis') && !all.includes('primary'));
    assert.ok(!(await available('b', 'core')).includes('load_balancer'), 'setup gives it');
  });
});
