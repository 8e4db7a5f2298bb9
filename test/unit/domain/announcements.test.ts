import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import {
  announcementRules,
  heldRoutes,
  type Registry,
  STALE_SECONDS,
  tidy,
} from '../../../src/domain/traffic/announcements.ts';
import { ANNOUNCERS, cluster, heard } from '../../support/announcing.ts';
import { catalogue, withNode } from '../../support/clusters.ts';

const SECOND = 1000;

describe('announced routes', () => {
  it('are those of the message that its sender may announce', () => {
    const { register, registry, leads, refused } = heard();
    assert.ok(register(['a.example.com/cart'], { tags: { app: 'a' } }));
    assert.deepEqual(heldRoutes(registry), [
      {
        announcer: 'shop',
        host: 'a.example.com',
        path: '/cart',
        backend: '10.0.0.9:8080',
        sticky: false,
      },
    ]);
    register(['a.b.example.com', 'shop.org']);
    assert.ok(!register(['example.com', 'www.shop.org', 'other.net', cluster.endpoint]));
    assert.deepEqual(leads(), ['a.b.example.com/', 'a.example.com/cart', 'shop.org/']);
    assert.deepEqual([refused('host')?.count, refused('host')?.example], [4, 'api.example.com']);
  });

  it('that are none are counted with what is wrong', () => {
    const { register, leads, refused } = heard();
    register('a.example.com');
    for (const port of ['http', '', '1e3', -1, 80.5, [8080], null])
      register(['a.example.com'], { port });
    assert.equal(refused('form')?.count, 8);
    assert.equal(refused('form')!.example, 'port: not a number');
    register(['*', 'a b', `a.example.com/${'x'.repeat(10_000)}`]);
    assert.equal(refused('route')?.count, 3);
    register(['a.example.com/.kato', 'a.example.com/.kato/x/']);
    assert.equal(refused('route')?.count, 5);
    assert.match(refused('route')!.example, /'\/\.kato\/x' cannot .* answer \/\.kato and/);
    assert.ok(refused('route')!.example.length <= 700);
    register(['a.example.com'], { port: 70_000 });
    register(['a.example.com'], { host: 'a b' });
    assert.equal(refused('backend')?.count, 2);
    register(['a.example.com'], { by: 'stranger' });
    assert.equal(refused('form', 'stranger'), undefined);
    assert.deepEqual(leads(), []);
  });

  it('are understood with the port as text, and with the dot at the end of a name', () => {
    const { register, registry, leads } = heard();
    assert.ok(register(['a.example.com.', 'A.example.com./cart'], { port: '8080' }));
    assert.deepEqual(leads(), ['a.example.com/', 'a.example.com/cart']);
    assert.deepEqual(
      new Set(heldRoutes(registry).map(({ backend }) => backend)),
      new Set(['10.0.0.9:8080']),
    );
    assert.ok(!register(['a.example.com']), 'the same, said otherwise');
  });

  it('never lead to a port of the cluster or to a special address, whoever says so', () => {
    const { register, leads, refused } = heard();
    const bad = [
      ...['127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255'].map(
        (host) => [host, 80] as const,
      ),
      ...([4222, 9080, 80, 443] as const).map((port) => ['10.0.0.1', port] as const),
      ...([80, 443] as const).map((port) => ['10.0.0.2', port] as const),
    ];
    for (const [host, port] of bad) register(['a.example.com'], { host, port });
    assert.deepEqual(leads(), []);
    assert.equal(refused('backend')?.count, bad.length);
    assert.match(
      refused('backend')!.example,
      /^a\.example\.com at 10\.0\.0\.2:443: it is the port/,
    );
  });

  it('end when their backend becomes a router, or their announcer loses the right', () => {
    const { register, registry } = heard();
    register(['a.example.com', 'shop.org']);
    const left = (of: Cluster): string[] => {
      const copy: Registry = { ...registry, held: new Map(registry.held) };
      tidy(copy, announcementRules(of, catalogue), 1, { stale: false });
      return heldRoutes(copy).map(({ host }) => host);
    };
    assert.deepEqual(left(cluster), ['a.example.com', 'shop.org']);
    const settings = { router: { http_port: 8080 } };
    const moved = withNode({ ...cluster, settings }, 'web', { address: '10.0.0.9' });
    assert.deepEqual(left(moved), []);
    const less = { ...ANNOUNCERS, shop: { ...ANNOUNCERS.shop, hosts: ['shop.org'] } };
    assert.deepEqual(left({ ...cluster, announcers: less }), ['shop.org']);
    assert.deepEqual(left({ ...cluster, announcers: {} }), []);
  });

  it('end when they were not announced again for two minutes', () => {
    const { register, registry, rules, leads } = heard();
    register(['early.example.com', 'late.example.com']);
    register(['late.example.com'], { at: SECOND });
    const leftAt = (ms: number, stale = true) => {
      tidy(registry, rules, ms, { stale });
      return leads();
    };
    assert.equal(STALE_SECONDS, 120);
    assert.deepEqual(leftAt(119_999), ['early.example.com/', 'late.example.com/']);
    assert.equal(leftAt(500_000, false).length, 2, 'the bus was away');
    assert.deepEqual(leftAt(120_000), ['late.example.com/']);
    assert.deepEqual(leftAt(121_000), []);
  });
});
