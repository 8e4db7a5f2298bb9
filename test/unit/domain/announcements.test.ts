import assert from 'node:assert/strict';
import {
  announcementKey,
  routesOfMessage,
  STALE_SECONDS,
  stillAllowed,
  withoutStale,
} from '../../../src/domain/announcements.ts';
import { clusterWith } from '../../support/clusters.ts';

const cluster = clusterWith(
  {},
  { announcers: { shop: { name: 'shop', key: 'U', hosts: ['*.example.com', 'shop.org'] } } },
);
const message = (uris: unknown, more = {}) =>
  routesOfMessage(cluster, 'shop', { host: '10.0.0.9', port: 8080, uris, ...more });
const leads = (uris: string[]) => message(uris).map(({ host, path }) => `${host}${path}`);

describe('announced routes', () => {
  it('are those of the message that its sender may announce', () => {
    assert.deepEqual(message(['a.example.com/cart'], { tags: { app: 'a' }, app: 'x' }), [
      {
        announcer: 'shop',
        host: 'a.example.com',
        path: '/cart',
        backend: '10.0.0.9:8080',
        sticky: false,
      },
    ]);
    assert.deepEqual(leads(['a.b.example.com', 'shop.org']), ['a.b.example.com/', 'shop.org/']);
    assert.deepEqual(leads(['example.com', 'www.shop.org', 'other.net', '*']), []);
    assert.deepEqual(leads([cluster.endpoint]), []);
  });

  it('are none in a message that is not of the form, or of a stranger', () => {
    assert.deepEqual(message('a.example.com'), []);
    assert.deepEqual(message(['a.example.com'], { port: '8080' }), []);
    assert.deepEqual(message(['a.example.com'], { port: 70_000 }), []);
    assert.deepEqual(message(['a.example.com'], { host: 'a b' }), []);
    assert.deepEqual(routesOfMessage(cluster, 'blog', { host: '10.0.0.9', port: 1, uris: [] }), []);
    assert.deepEqual(routesOfMessage(cluster, 'shop', null), []);
  });

  it('end when they were not announced again for two minutes', () => {
    const [early, late] = message(['early.example.com', 'late.example.com']);
    const heardMs = new Map([
      [announcementKey(early!), 1000],
      [announcementKey(late!), 2000],
    ]);
    const at = (ms: number) => withoutStale([early!, late!], heardMs, ms);
    assert.equal(STALE_SECONDS, 120);
    assert.deepEqual(at(120_999), [early, late]);
    assert.deepEqual(at(121_000), [late]);
    assert.deepEqual(at(122_000), []);
  });

  it('end with the right of their announcer', () => {
    const routes = message(['a.example.com', 'shop.org']);
    const less = { ...cluster.announcers.shop!, hosts: ['shop.org'] };
    assert.deepEqual(stillAllowed({ ...cluster, announcers: { shop: less } }, routes), [routes[1]]);
    assert.deepEqual(stillAllowed({ ...cluster, announcers: {} }, routes), []);
  });
});
