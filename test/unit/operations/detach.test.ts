import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { nodeDetach, nodeRemove } from '../../../src/operations/nodes.ts';
import type { Change, Knowledge } from '../../../src/operations/operation.ts';
import { asked, clusterWith, NOW, withNode } from '../../support/clusters.ts';

const stopped = { stopped: { by: 'core', at: NOW } };
const running = { stopped: null };

async function decided(operation: Change, params: object, cluster: Cluster) {
  const known = { cluster, secretsBelow: async () => ({}) } as unknown as Knowledge;
  const { decide } = await operation.prepare(known, params, cluster.nodes.web!);
  return decide(cluster, asked());
}

describe('a node that detaches itself', () => {
  const cluster = withNode(clusterWith({ web: ['router', 'load_balancer'] }), 'core', {
    roles: { primary: running, controller: running, router: stopped },
  });
  const params = { node: 'web' };

  it('is let go as the last that serves, where an admin would be asked for --force', async () => {
    const removal = { nodes: ['web'], skipDetach: true, force: false };
    await assert.rejects(decided(nodeRemove, removal, cluster), { code: 'ROLE_NEEDED' });
    const { cluster: after } = await decided(nodeDetach, params, cluster);
    assert.deepEqual(Object.keys(after.nodes), ['core']);
  });

  it('is kept while no other node has the role, or none a controller that serves', async () => {
    const bare = { primary: running, controller: running };
    const alone = withNode(cluster, 'core', { roles: bare });
    await assert.rejects(decided(nodeDetach, params, alone), { code: 'ROLE_NEEDED' });
    const last = withNode(withNode(cluster, 'web', { roles: { controller: running } }), 'core', {
      roles: { primary: running, controller: stopped, router: running },
    });
    await assert.rejects(decided(nodeDetach, params, last), { code: 'ROLE_NEEDED' });
  });
});
