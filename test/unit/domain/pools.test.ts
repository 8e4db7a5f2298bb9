import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import { type RoleRemove, removeRoles } from '../../../src/domain/roles/role-changes.ts';
import { nextOutages, type Outages, poolsOf } from '../../../src/domain/traffic/pools.ts';
import { viewFor } from '../../../src/domain/views/view-for.ts';
import { asked, catalogue, clusterWith, later, NOW, withNode } from '../../support/clusters.ts';

const T0 = Date.parse(NOW);

describe('the members of a pool', () => {
  it('are in the order of their addresses, whoever came first', () => {
    const cluster = clusterWith({ a: ['router'], b: ['router'], c: ['router'] });
    const moved = ['10.0.0.10', '10.0.0.9', '10.0.0.30'].reduce(
      (so, address, i) => withNode(so, ['a', 'b', 'c'][i]!, { address }),
      cluster,
    );
    const [routers] = poolsOf(moved, catalogue, [], NO_VERDICTS);
    assert.deepEqual(
      routers!.members.map(({ address }) => address),
      ['10.0.0.1:80', '10.0.0.9:80', '10.0.0.10:80', '10.0.0.30:80'],
    );
  });
});

describe('a machine that holds a token and has not shown its key', () => {
  const pending = { pendingUntil: later(300) };
  const cluster = withNode(
    withNode(
      clusterWith({ a: ['router'], b: ['load_balancer'], c: ['load_balancer'] }),
      'a',
      pending,
    ),
    'b',
    pending,
  );
  const version = { lineage: 'l1', epoch: 1, revision: 1, hash: '', proof: '' };
  const input = {
    cluster,
    version,
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
    catalogue,
    at: NOW,
  };
  const view = (of: Cluster, id: string) =>
    viewFor({ ...input, cluster: of, verdicts: NO_VERDICTS, announced: [] }, id);

  it('gets no request, and is believed by no router', () => {
    const [routers] = poolsOf(cluster, catalogue, [], NO_VERDICTS);
    assert.deepEqual(
      routers!.members.map(({ address }) => address),
      ['10.0.0.1:80'],
    );
    assert.deepEqual(view(cluster, 'core').trustedProxies, ['10.0.0.4']);
    assert.deepEqual(
      view(cluster, 'c').pools.map(({ members }) => members.length),
      [1],
    );
  });

  it('counts for nothing that the cluster must have', () => {
    const remove: RoleRemove = {
      node: 'core',
      roles: ['router'],
      selection: 'named',
      purgeData: false,
      force: false,
    };
    assert.throws(() => removeRoles(cluster, remove, asked()), { code: 'ROLE_NEEDED' });
    const shown = withNode(cluster, 'a', { pendingUntil: null });
    assert.ok(removeRoles(shown, remove, asked()).changed);
  });
});

describe('pools', () => {
  const NAMES = { a: ['router'], b: ['router'] };
  const cluster = clusterWith(NAMES);
  const pool = (of: Cluster, name: string, outages: Outages = {}) =>
    poolsOf(of, catalogue, [], { ...NO_VERDICTS, outages }).find((one) => one.name === name)!;
  const shown = (of: Cluster, name: string, outages: Outages = {}) =>
    pool(of, name, outages).members.map(({ address, state }) => `${address} ${state}`);

  it('are all routers and all controllers, at the ports that are set', () => {
    assert.deepEqual(shown(cluster, 'routers'), [
      '10.0.0.1:80 in',
      '10.0.0.2:80 in',
      '10.0.0.3:80 in',
    ]);
    const moved = { ...cluster, settings: { controller: { http_port: 9000 } } };
    assert.deepEqual(shown(moved, 'controllers'), ['10.0.0.1:9000 in']);
  });

  it('leave out what a person stopped, without a brake', () => {
    const stopped = { base: { stopped: null }, router: { stopped: { by: 'core', at: NOW } } };
    const one = withNode(withNode(cluster, 'a', { roles: stopped }), 'b', { roles: stopped });
    assert.deepEqual(shown(one, 'routers'), ['10.0.0.1:80 in']);
  });

  it('leave out what a person holds or has halted, though it is the last', () => {
    const held = withNode(cluster, 'core', { held: { router: 'boot-core' } });
    assert.deepEqual(shown(held, 'routers'), ['10.0.0.2:80 in', '10.0.0.3:80 in']);
    assert.deepEqual(shown(held, 'controllers'), ['10.0.0.1:9080 in'], 'that is another process');
    const halted = (...names: string[]) => {
      const left = { state: 'left', since: NOW } as const;
      const silent = Object.fromEntries(names.map((name) => [name, left]));
      const pools = poolsOf(cluster, catalogue, [], { ...NO_VERDICTS, silent });
      return pools.find(({ name }) => name === 'routers')!.members.length;
    };
    assert.deepEqual([halted('a'), halted('a', 'b', 'core')], [2, 0]);
  });

  it('keep what was announced beside what was set', () => {
    const route = { host: 'shop.org', path: '/', backends: ['10.0.0.7:1'], sticky: false };
    const announced = { ...route, announcer: 'paas', backend: '10.0.0.6:1', sticky: true };
    const both = poolsOf(
      { ...cluster, routes: { 'shop.org': route } },
      catalogue,
      [announced],
      NO_VERDICTS,
    );
    assert.deepEqual(both.at(-1), {
      name: 'shop.org',
      kind: 'route',
      sticky: true,
      members: [
        { address: '10.0.0.6:1', state: 'in' },
        { address: '10.0.0.7:1', state: 'in' },
      ],
    });
  });

  it('never become empty when those that liveness had left in are removed', () => {
    const outages = { routers: { '10.0.0.1:80': NOW, '10.0.0.2:80': NOW } };
    assert.deepEqual(shown(cluster, 'routers', outages), [
      '10.0.0.1:80 out',
      '10.0.0.2:80 out',
      '10.0.0.3:80 in',
    ]);
    const { b: _b, ...nodes } = cluster.nodes;
    assert.deepEqual(shown({ ...cluster, nodes }, 'routers', outages), [
      '10.0.0.1:80 in',
      '10.0.0.2:80 in',
    ]);
  });

  it('of a route leave out a node that became a router or a load balancer, even as the last', () => {
    const backends = ['10.0.0.7:80', '10.0.0.8:8080'];
    const shop = { host: 'shop.org', path: '/', backends, sticky: false };
    const routes = { 'shop.org': shop };
    const became = (role: string): Cluster =>
      withNode(clusterWith({ ...NAMES, x: [role] }, { routes }), 'x', { address: '10.0.0.7' });
    assert.deepEqual(shown(became('redis'), 'shop.org'), ['10.0.0.7:80 in', '10.0.0.8:8080 in']);
    for (const role of ['router', 'load_balancer']) {
      assert.deepEqual(shown(became(role), 'shop.org'), ['10.0.0.8:8080 in'], role);
    }
    const moved = withNode(became('router'), 'b', { address: '10.0.0.8' });
    const settings = { router: { http_port: 8080 } };
    assert.deepEqual(shown({ ...moved, settings }, 'shop.org'), ['10.0.0.7:80 in']);
    const only = { ...shop, backends: ['10.0.0.7:80'] };
    assert.deepEqual(shown({ ...became('router'), routes: { 'shop.org': only } }, 'shop.org'), []);
    const insisted = { ...only, anyBackends: ['10.0.0.7:80'] };
    const insistent = { ...became('router'), routes: { 'shop.org': insisted } };
    assert.deepEqual(shown(insistent, 'shop.org'), ['10.0.0.7:80 in']);
  });

  it('never have a router that was announced', () => {
    const route = { announcer: 'a', host: 'shop.org', path: '/', sticky: false };
    const announced = [
      { ...route, backend: '10.0.0.2:80' },
      { ...route, backend: '10.0.0.7:80' },
    ];
    const [pool] = poolsOf(cluster, catalogue, announced, NO_VERDICTS).filter(
      (one) => one.kind === 'route',
    );
    assert.deepEqual(pool!.members, [{ address: '10.0.0.7:80', state: 'in' }]);
  });

  it('are told apart when a route is called as one of them', () => {
    const backends = ['10.0.0.1:80', '10.0.0.8:80'];
    const routes = { routers: { host: 'routers', path: '/', backends, sticky: false } };
    const named = { ...cluster, routes };
    const pools = poolsOf(named, catalogue, [], NO_VERDICTS);
    const outages = nextOutages(pools, {}, (address) => address === '10.0.0.2:80', T0);
    const routers = poolsOf(named, catalogue, [], { ...NO_VERDICTS, outages })[0]!;
    assert.equal(routers.members.find((one) => one.address === '10.0.0.2:80')!.state, 'out');
  });
});
