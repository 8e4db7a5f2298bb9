import assert from 'node:assert/strict';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import {
  addAnnouncer,
  addRoute,
  mayAnnounce,
  parseRoute,
  removeAnnouncer,
  removeRoute,
} from '../../../../src/domain/traffic/routes.ts';
import { asked, clusterWith, withNode } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

function add(cluster: Cluster, route: string, backends: string[], anyBackend = false) {
  return addRoute(cluster, { route, backends, sticky: false, anyBackend }, asked());
}

const cluster = clusterWith({ web: ['router'] });

describe('routes', () => {
  it('gather backends, each once, and concern the routers', () => {
    const first = add(cluster, 'Shop.example.com', ['10.0.0.7:8080']);
    assert.deepEqual(touched(cluster, first), ['core', 'web']);
    const second = add(first.cluster, 'shop.example.com', ['10.0.0.8:8080', '10.0.0.7:8080']);
    assert.deepEqual(second.result.backends, ['10.0.0.7:8080', '10.0.0.8:8080']);
    assert.equal(add(second.cluster, 'shop.example.com', ['10.0.0.8:8080']).changed, false);
  });

  it('keep the path at which backends are asked, until another is given, or none', () => {
    const asking = (of: Cluster, probe?: string) => {
      const route = { route: 'shop.org', backends: ['10.0.0.7:1'], sticky: false, probe };
      return addRoute(of, route, asked());
    };
    const first = asking(cluster, '/up');
    assert.equal(first.result.probe, '/up');
    assert.equal(asking(first.cluster).changed, false);
    assert.equal(asking(first.cluster, '/').result.probe, '/');
    assert.equal(asking(first.cluster, 'tcp').result.probe, undefined);
    for (const bad of ['', 'up', '/a b', '/a?b', '//', `/${'x'.repeat(300)}`, '/\r\nHost: x'])
      assert.throws(() => asking(cluster, bad), { code: 'BAD_VALUE' }, bad);
  });

  it('are taken apart backend by backend, and go with the last', () => {
    const both = add(cluster, 'shop.example.com', ['10.0.0.7:1', '10.0.0.8:1']).cluster;
    const one = removeRoute(both, { route: 'shop.example.com', backends: ['10.0.0.7:1'] });
    assert.deepEqual(one.result.backends, ['10.0.0.8:1']);
    const none = removeRoute(one.cluster, { route: 'shop.example.com', backends: ['10.0.0.8:1'] });
    assert.deepEqual(none.cluster.routes, {});
    assert.deepEqual(
      removeRoute(both, { route: 'shop.example.com', backends: [] }).cluster.routes,
      {},
    );
  });

  it('may have a path, whatever slash is at its end', () => {
    assert.deepEqual(parseRoute('shop.example.com/cart/'), {
      host: 'shop.example.com',
      path: '/cart',
    });
    assert.deepEqual(parseRoute('*.example.com'), { host: '*.example.com', path: '/' });
  });

  it('cannot carry what nginx would read as something else', () => {
    for (const route of [
      'shop.example.com//',
      'shop.example.com/a b',
      'shop.example.com/$host',
      'shop.example.com/a;b',
      'shop..example.com',
      'sh*p.example.com',
      '*.*.example.com',
      '',
    ]) {
      assert.throws(() => parseRoute(route), { code: 'BAD_NAME' }, route);
    }
    const ports = ['0', '65536', '0x50', ' 80', '80;'].map((port) => `10.0.0.7:${port}`);
    for (const backend of ['10.0.0.7', ...ports, 'shop:80', ':80', '']) {
      const wrong = () => add(cluster, 'shop.example.com', [backend]);
      assert.throws(wrong, { code: 'BAD_ADDRESS' }, backend);
    }
  });

  it('have no scheme and no part that browsers take away', () => {
    assert.throws(() => parseRoute('http://shop.example.com/x'), {
      message: "'http://shop.example.com/x' is not a route",
      next: 'give shop.example.com/x',
    });
    for (const path of ['/../x', '/a/..', '/./x']) {
      assert.throws(() => parseRoute(`shop.example.com${path}`), { code: 'BAD_NAME' }, path);
    }
    assert.equal(parseRoute('shop.example.com/.well-known').path, '/.well-known');
  });

  it('never have a path that routers answer themselves; one of before can be removed', () => {
    for (const path of ['/.kato', '/.kato/', '/.kato/health', '/.kato/x/y']) {
      const wrong = () => add(cluster, `shop.example.com${path}`, ['10.0.0.7:1']);
      assert.throws(wrong, { code: 'CONFLICT', why: /^routers answer \/\.kato and/ }, path);
    }
    assert.ok(add(cluster, 'shop.example.com/.katowice', ['10.0.0.7:1']).changed);
    const route = { host: 'a.org', path: '/.kato', backends: ['10.0.0.7:1'], sticky: false };
    const before = { ...cluster, routes: { 'a.org/.kato': route } };
    assert.ok(removeRoute(before, { route: 'a.org/.kato', backends: [] }).changed);
  });

  it('are the same with a dot at the end of the name, as in zone files', () => {
    assert.equal(parseRoute('Shop.example.com./cart').host, 'shop.example.com');
    assert.equal(parseRoute('*.example.com.').host, '*.example.com');
    assert.throws(() => parseRoute('shop.example.com..'), { code: 'BAD_NAME' });
    assert.throws(() => add(cluster, 'api.example.com.', ['10.0.0.7:1']), { code: 'CONFLICT' });
  });

  it('never take the endpoint of the cluster', () => {
    assert.throws(() => add(cluster, 'api.example.com', ['10.0.0.7:1']), { code: 'CONFLICT' });
    assert.throws(() => add(cluster, 'API.example.com/x', ['10.0.0.7:1']), { code: 'CONFLICT' });
  });

  it('need a backend, and say when there is no such route or backend', () => {
    assert.throws(() => add(cluster, 'shop.example.com', []), { code: 'USAGE' });
    const gone = { route: 'shop.example.com', backends: [] };
    assert.throws(() => removeRoute(cluster, gone), { code: 'NOT_FOUND' });
    const one = add(cluster, 'shop.example.com', ['10.0.0.7:1']).cluster;
    const other = { route: 'shop.example.com', backends: ['10.0.0.8:1'] };
    assert.throws(() => removeRoute(one, other), { code: 'NOT_FOUND' });
  });
});

describe('a backend that no route should have', () => {
  const shop = 'shop.example.com';

  it('is refused with the reason, alone and among others', () => {
    assert.throws(() => add(cluster, shop, ['10.0.0.9:80', '127.0.0.1:80']), {
      code: 'BAD_ADDRESS',
      message: 'a route cannot lead to 127.0.0.1:80',
      why: 'it is a loopback address, which each router would take for its own',
      next: 'give another backend, or insist with --any-backend',
    });
    assert.throws(() => add(cluster, shop, ['10.0.0.2:80']), {
      code: 'CONFLICT',
      why: 'it is the port of router on web, and requests would loop',
    });
  });

  it('is taken when an admin insists, and the route remembers which', () => {
    const odd = add(cluster, shop, ['127.0.0.1:80', '10.0.0.9:80'], true);
    assert.deepEqual(odd.result.anyBackends, ['127.0.0.1:80']);
    const more = add(odd.cluster, shop, ['10.0.0.8:80', '127.0.0.1:80']);
    assert.deepEqual(more.result.anyBackends, ['127.0.0.1:80']);
    assert.throws(() => add(odd.cluster, shop, ['127.0.0.2:80']), { code: 'BAD_ADDRESS' });
    const less = removeRoute(odd.cluster, { route: shop, backends: ['127.0.0.1:80'] });
    assert.deepEqual(less.result, {
      host: shop,
      path: '/',
      backends: ['10.0.0.9:80'],
      sticky: false,
    });
  });

  it('leaves no trace where the flag was not needed', () => {
    assert.ok(!('anyBackends' in add(cluster, shop, ['10.0.0.9:80'], true).result));
  });

  it('of a route of before stays, and may be said again, unless it is a router by now', () => {
    const backends = ['127.0.0.1:80', '10.0.0.9:80'];
    const old = {
      ...cluster,
      routes: { [shop]: { host: shop, path: '/', backends, sticky: false } },
    };
    assert.equal(add(old, shop, backends).changed, false);
    const moved = withNode(old, 'web', { address: '10.0.0.9' });
    assert.throws(() => add(moved, shop, ['10.0.0.9:80']), { code: 'CONFLICT' });
    const insisted = add(moved, shop, ['10.0.0.9:80'], true);
    assert.deepEqual(insisted.result.anyBackends, ['10.0.0.9:80']);
  });
});

describe('announcers', () => {
  const hosts = ['shop.example.com', '*.apps.example.com'];
  const added = addAnnouncer(cluster, { name: 'paas', key: 'UPAAS', hosts });

  it('may speak for their own host names only', () => {
    const may = (host: string) => mayAnnounce(cluster, added.result, host);
    assert.ok(may('shop.example.com'));
    assert.ok(may('one.apps.example.com'));
    assert.ok(may('deep.one.apps.example.com'));
    assert.ok(!may('apps.example.com'));
    assert.ok(!may('evilapps.example.com'));
    assert.ok(!may('cart.shop.example.com'));
  });

  it('never speak for the endpoint, even under a pattern that covers it', () => {
    const all = addAnnouncer(cluster, { name: 'all', key: 'UALL', hosts: ['*.example.com'] });
    assert.ok(!mayAnnounce(cluster, all.result, 'api.example.com'));
    const own = () => addAnnouncer(cluster, { name: 'x', key: 'UX', hosts: ['api.example.com'] });
    assert.throws(own, { code: 'CONFLICT' });
  });

  it('concern the bus, and are there once', () => {
    assert.deepEqual(touched(cluster, added), ['core']);
    const twice = () => addAnnouncer(added.cluster, { name: 'paas', key: 'UTWO', hosts });
    assert.throws(twice, { code: 'CONFLICT' });
    assert.deepEqual(removeAnnouncer(added.cluster, { name: 'paas' }).cluster.announcers, {});
    assert.throws(() => removeAnnouncer(cluster, { name: 'paas' }), { code: 'NOT_FOUND' });
  });

  it('need a proper name and something to announce', () => {
    assert.throws(() => addAnnouncer(cluster, { name: 'a.b', key: 'U', hosts }), {
      code: 'BAD_NAME',
    });
    assert.throws(() => addAnnouncer(cluster, { name: 'paas', key: 'U', hosts: [] }), {
      code: 'USAGE',
    });
  });
});
