import assert from 'node:assert/strict';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { pinnedPools } from '../../../src/domain/traffic/balancer-pools.ts';
import { poolsOf } from '../../../src/domain/traffic/pools.ts';
import { catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';

describe('the pool of a load balancer that follows nobody', () => {
  const roles = { web: ['router'], lb: ['load_balancer'], lb2: ['load_balancer'] };
  const following = clusterWith(roles);
  const pinned = withNode(following, 'lb', { pinnedRouters: ['10.9.9.9', '10.0.0.2'] });
  const outages = { routers: { '10.0.0.2:80': NOW } };

  it('is one of its own, as the balancer has it; others have the pool of all routers', () => {
    const pools = poolsOf(pinned, catalogue, [], { ...NO_VERDICTS, outages });
    const [own, ...more] = pinnedPools(pinned, catalogue, pools);
    assert.deepEqual(more, []);
    assert.deepEqual([own!.name, own!.kind], ['routers of lb', 'routers']);
    assert.deepEqual(own!.members, [
      { address: '10.9.9.9:80', state: 'in' },
      { address: '10.0.0.2:80', state: 'out' },
    ]);
    assert.deepEqual(pinnedPools(following, catalogue, pools), []);
  });
});
