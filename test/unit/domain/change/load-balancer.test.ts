import assert from 'node:assert/strict';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import {
  routersFor,
  type SetupLoadBalancer,
  setupLoadBalancer,
} from '../../../../src/domain/traffic/load-balancer.ts';
import { asked, catalogue, clusterWith, NOW, withNode } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

function setup(cluster: Cluster, changes: Partial<SetupLoadBalancer> = {}, by = 'core') {
  const params = { node: 'a', addresses: [], excludeSelf: false, force: false, ...changes };
  return setupLoadBalancer(cluster, params, asked({ by }));
}

describe('setting up a load balancer', () => {
  const cluster = clusterWith({ a: ['router'], web: ['router'] });

  it('exchanges the router role it was attached with, and follows the routers of the cluster', () => {
    const set = setup(cluster);
    const { cluster: after, result } = set;
    assert.deepEqual(Object.keys(after.nodes.a!.roles), ['base', 'load_balancer']);
    assert.deepEqual(result.exchanged, ['router']);
    assert.deepEqual(result.routers, ['10.0.0.1', '10.0.0.3']);
    assert.equal(result.pinned, false);
    assert.deepEqual(touched(cluster, set), ['a']);
  });

  it('does not exchange the last router that serves, unless it is forced', () => {
    const running = { stopped: null };
    const stopped = { stopped: { by: 'core', at: NOW } };
    const one = withNode(withNode(cluster, 'web', { roles: { router: stopped } }), 'core', {
      roles: { primary: running, controller: running, router: stopped },
    });
    assert.throws(() => setup(one), { code: 'ROLE_NEEDED' });
    assert.ok(setup(one, { force: true }).changed);
  });

  it('tells only routers that serve, where it follows them', () => {
    const stopped = { router: { stopped: { by: 'core', at: NOW } } };
    const { result } = setup(withNode(cluster, 'web', { roles: stopped }));
    assert.deepEqual(result.routers, ['10.0.0.1']);
  });

  it('is not for a node whose token left it out, and says what helps', () => {
    const limited = withNode(cluster, 'a', { allowedRoles: ['router'] });
    const next =
      'detach it and attach it with a token that allows this: kato token create --roles load_balancer';
    assert.throws(() => setup(limited, {}, 'a'), { code: 'NOT_ALLOWED', next });
  });

  it('twice is already so', () => {
    assert.equal(setup(setup(cluster).cluster).changed, false);
  });

  it('sends to the addresses it was given, without its own when asked to leave it out', () => {
    const addresses = ['10.0.0.2', '10.0.0.3'];
    const { cluster: after, result } = setup(cluster, { addresses, excludeSelf: true });
    assert.equal(result.pinned, true);
    assert.deepEqual(result.routers, ['10.0.0.3']);
    assert.deepEqual(routersFor(after, catalogue, after.nodes.a!), ['10.0.0.3']);
    assert.equal(setup(after, { addresses, excludeSelf: true }).changed, false);
    assert.ok(setup(after).changed, 'and follows the cluster again when none are given');
  });

  it('tells which of the addresses no router of the cluster has, and takes each once', () => {
    const addresses = ['10.0.0.3', '10.0.0.77', '10.0.0.77'];
    const { result } = setup(cluster, { addresses });
    assert.deepEqual(result.routers, ['10.0.0.3', '10.0.0.77']);
    assert.deepEqual(result.strangers, ['10.0.0.77']);
    assert.deepEqual(setup(cluster).result.strangers, []);
  });

  it('refuses to send nowhere', () => {
    const self = () => setup(cluster, { addresses: ['10.0.0.2'], excludeSelf: true });
    assert.throws(self, { code: 'BAD_VALUE' });
  });

  it('refuses to send to a load balancer, which may be itself: requests would not end', () => {
    const two = setup(clusterWith({ a: ['router'], web: ['router'], b: ['load_balancer'] }));
    for (const addresses of [['10.0.0.2'], ['10.0.0.3', '10.0.0.4']]) {
      assert.throws(() => setup(two.cluster, { addresses }), { code: 'CONFLICT' });
    }
    const settings = { router: { http_port: 8080 } };
    const apart = { ...two.cluster, settings };
    assert.ok(setup(apart, { addresses: ['10.0.0.2'] }).changed, 'where another port is meant');
  });

  it('takes other roles away only when forced', () => {
    const busy = clusterWith({ a: ['router', 'redis'] });
    assert.throws(() => setup(busy), {
      code: 'ROLE_EXCLUDED',
      message: "node a also has 'redis'",
    });
    assert.deepEqual(setup(busy, { force: true }).result.exchanged, ['router', 'redis']);
  });

  it('never makes one of the core, forced or not', () => {
    assert.throws(() => setup(cluster, { node: 'core', force: true }), { code: 'ROLE_EXCLUDED' });
  });

  it('never exchanges the last router', () => {
    const without = withNode(clusterWith({ a: ['router'] }), 'core', {
      roles: { primary: { stopped: null }, controller: { stopped: null } },
    });
    assert.throws(() => setup(without), { code: 'ROLE_NEEDED' });
  });

  it('is refused to a node whose token did not allow it: balancers hold the keys of certificates', () => {
    const limited = withNode(cluster, 'a', { allowedRoles: ['router'] });
    assert.throws(() => setup(limited, {}, 'a'), { code: 'NOT_ALLOWED' });
    assert.ok(setup(limited, {}, 'core').changed);
  });
});
