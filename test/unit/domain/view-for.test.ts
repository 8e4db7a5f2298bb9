import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { NO_VERDICTS, type Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import type { ViewInput } from '../../../src/domain/views/seen-parts.ts';
import { viewFor } from '../../../src/domain/views/view-for.ts';
import { catalogue, clusterWith, later, NOW, tokenOf, withNode } from '../../support/clusters.ts';

const VERSION = { lineage: 'l1', epoch: 1, revision: 1, hash: 'h1', proof: 'p1' };

function viewOf(cluster: Cluster, node: string, changes: Partial<ViewInput> = {}) {
  const input: ViewInput = {
    cluster,
    version: VERSION,
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
    catalogue,
    verdicts: NO_VERDICTS,
    announced: [],
    at: NOW,
    ...changes,
  };
  return viewFor(input, node);
}

const shop = { host: 'shop.org', path: '/', backends: ['10.0.0.7:1'], sticky: false };
const cluster = clusterWith(
  { web: ['router'], lb: ['load_balancer'], db: ['redis'] },
  { routes: { 'shop.org': shop } },
);

describe('the view of', () => {
  it('a plain node has what it needs and nothing else', () => {
    const view = viewOf(cluster, 'db');
    assert.deepEqual(view.pools, []);
    assert.deepEqual(view.routes, []);
    assert.deepEqual(view.busUsers, []);
    assert.deepEqual(Object.keys(view.settings), ['cluster', 'base', 'redis']);
    assert.equal(view.cluster.core, '10.0.0.1');
    assert.equal(view.cluster.busPort, 4222);
    assert.deepEqual(view.version, VERSION);
  });

  it('a router has controllers, routes, and the balancers whose headers it believes', () => {
    const view = viewOf(cluster, 'web');
    assert.deepEqual(
      view.pools.map((pool) => pool.name),
      ['controllers', 'shop.org'],
    );
    assert.deepEqual(view.routes, [{ ...shop, pool: 'shop.org' }]);
    assert.deepEqual(view.trustedProxies, ['10.0.0.3']);
  });

  it('routers and load balancers have all certificates, also those that come later', () => {
    const certificate = { domain: 'shop.org', chain: '', notAfter: later(86_400) };
    const served = { ...cluster, certificates: { 'shop.org': certificate } };
    const roles = { base: { stopped: null }, router: { stopped: null } };
    const withLater = withNode(served, 'db', { roles });
    const has = (of: Cluster) =>
      ['web', 'lb', 'db'].map((node) => viewOf(of, node).certificates.length);
    assert.deepEqual(
      [has(served), has(withLater)],
      [
        [1, 1, 0],
        [1, 1, 1],
      ],
    );
  });

  it('a load balancer has the routers, which follow the cluster', () => {
    const addresses = (of: Cluster) => viewOf(of, 'lb').pools[0]!.members.map((one) => one.address);
    assert.deepEqual(addresses(cluster), ['10.0.0.1:80', '10.0.0.2:80']);
    const { web: _web, ...nodes } = cluster.nodes;
    assert.deepEqual(addresses({ ...cluster, nodes }), ['10.0.0.1:80']);
    const pinned = withNode(cluster, 'lb', { pinnedRouters: ['10.9.9.9', '10.0.0.2'] });
    assert.deepEqual(addresses(pinned), ['10.9.9.9:80', '10.0.0.2:80']);
  });

  it('a load balancer does not send to what became a load balancer since', () => {
    const pinned = withNode(cluster, 'lb', { pinnedRouters: ['10.9.9.9', '10.0.0.2'] });
    const roles = { base: { stopped: null }, load_balancer: { stopped: null } };
    const [pool] = viewOf(withNode(pinned, 'web', { roles }), 'lb').pools;
    assert.deepEqual(
      pool!.members.map((one) => one.address),
      ['10.9.9.9:80'],
    );
  });

  it('a load balancer never has a pool of which all are out', () => {
    const outages = { routers: { '10.0.0.2:80': NOW } };
    const verdicts: Verdicts = { silent: { web: { state: 'dead', since: NOW } }, outages };
    const states = (of: Cluster) =>
      viewOf(of, 'lb', { verdicts }).pools[0]!.members.map((one) => one.state);
    assert.deepEqual(states(cluster), ['in', 'out']);
    assert.deepEqual(states(withNode(cluster, 'lb', { pinnedRouters: ['10.0.0.2'] })), ['in']);
  });

  it('the core has all identities of the bus, those that ended lately too', () => {
    const former = (id: string, removedAt: string) => ({
      id,
      name: id,
      key: `U${id}`,
      removedAt,
      awaited: false,
    });
    const full: Cluster = {
      ...clusterWith(),
      former: { late: former('late', NOW), early: former('early', later(-31 * 86_400)) },
      tokens: {
        good: tokenOf('good'),
        ended: tokenOf('ended', { expiresAt: later(-60) }),
        old: tokenOf('old', { expiresAt: later(-8 * 86_400) }),
      },
      announcers: { paas: { name: 'paas', key: 'UPAAS', hosts: ['*.org'] } },
    };
    assert.deepEqual(
      viewOf(full, 'core').busUsers.map((user) =>
        'id' in user ? `${user.kind} ${user.id}` : user.kind,
      ),
      ['controller', 'node core', 'former late', 'join ended', 'join good', 'announcer paas'],
    );
  });

  it('a node that is not there is refused', () => {
    assert.throws(() => viewOf(cluster, 'nobody'), { code: 'UNKNOWN_NODE' });
  });
});
