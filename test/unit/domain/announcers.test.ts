import assert from 'node:assert/strict';
import { decodeBody, encodeBody } from '../../../src/bus/body.ts';
import { limitsOf } from '../../../src/bus/limits.ts';
import { parseSubject } from '../../../src/bus/subjects.ts';
import { sha256 } from '../../../src/domain/base/hash.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import {
  adopt,
  announcementRules,
  heldBeside,
  heldRoutes,
  STALE_SECONDS,
  tidy,
} from '../../../src/domain/traffic/announcements.ts';
import { cluster, heard, names } from '../../support/announcing.ts';
import { catalogue } from '../../support/clusters.ts';

const SECOND = 1000;

describe('announcers together', () => {
  it('hold so many and no more: who was first stays, what is over is counted', () => {
    const { register, leads, refused } = heard();
    register(names(100));
    assert.deepEqual(
      leads(),
      names(10).map((name) => `${name}/`),
    );
    assert.equal(refused('quota')?.count, 90);
    register(names(100).reverse(), { at: 20 * SECOND });
    assert.equal(leads().length, 10, 'the same ones');
    register(names(10, 'blog.org'), { by: 'blog' });
    assert.equal(leads().length, 15);
    assert.equal(refused('quota', 'blog')?.count, 5);
    assert.match(
      refused('quota', 'blog')!.example,
      /: one announcer may hold 10, all together 15$/,
    );
  });

  it('cannot fill memory or routers: ten messages of 500 routes leave what is allowed', () => {
    const { register, registry } = heard({ ...cluster, settings: {} });
    for (let i = 0; i < 10; i++) register(names(500, `m${i}.example.com`));
    assert.equal(registry.held.size, 1000);
    assert.equal(registry.refusals.get('shop')?.get('quota')?.count, 4000);
    const greedy = { cluster: { 'announced.perAnnouncer': 5000 } };
    const all = heard({ ...cluster, settings: greedy });
    for (let i = 0; i < 10; i++) all.register(names(500, `m${i}.example.com`));
    assert.equal(all.registry.held.size, 2000);
  });

  it('hold no more than a router can hand in as one message, however long and odd the names', () => {
    const most = { 'announced.perAnnouncer': 5000, 'announced.total': 5000 };
    const { register, registry, rules, refused } = heard({
      ...cluster,
      settings: { cluster: most },
    });
    for (let i = 0; i < 100; i++)
      register(Array.from({ length: 50 }, (_, j) => oddName(i * 50 + j)));
    assert.match(refused('quota')!.example, /: all together have 900 kB of names$/);
    assert.ok(registry.held.size > 1000);
    const params = { known: 'h'.repeat(64), announced: heldRoutes(registry) as unknown as Json };
    const body = encodeBody({ id: '', params: { ...params, announcedProof: 'p'.repeat(64) } });
    const limits = limitsOf(parseSubject('kato.op.n1.view'));
    assert.doesNotThrow(() => decodeBody(body, limits), `${body.length} bytes`);
    tidy(registry, rules, 1, { stale: false });
    assert.ok(registry.held.size > 1000);
  });

  it('take places that others leave, and lose the last ones when the limit is lowered', () => {
    const { register, unregister, registry, leads } = heard();
    register(names(11));
    unregister(names(1));
    register(names(11).reverse(), { at: SECOND });
    assert.equal(leads().length, 10);
    assert.ok(leads().includes('a010.example.com/'));
    const settings = { cluster: { 'announced.perAnnouncer': 3 } };
    tidy(registry, announcementRules({ ...cluster, settings }, catalogue), 2, { stale: false });
    assert.deepEqual(
      leads(),
      names(4)
        .slice(1)
        .map((name) => `${name}/`),
    );
  });
});

describe('a route that is withdrawn and announced again and again', () => {
  const APP = ['app.example.com'];

  it('may come back four times, stays out from then on, and comes in when it has been quiet', () => {
    const one = heard();
    let changes = 0;
    for (let i = 0; i < 100; i++) {
      if (one.register(APP, { at: i * SECOND })) changes++;
      if (one.unregister(APP, { at: i * SECOND + 500 })) changes++;
    }
    assert.equal(changes, 10, 'first, and four returns; each went again');
    assert.equal(one.refused('flapping')?.count, 95);
    for (let at = 100; at < 1200; at += 20) {
      one.register(APP, { at: at * SECOND });
      tidy(one.registry, one.rules, at * SECOND, { stale: true });
    }
    assert.deepEqual(one.leads(), ['app.example.com/']);
  });

  it('does not keep out other routes, nor the same route at other backends', () => {
    const one = heard();
    for (let i = 0; i < 20; i++) {
      one.register(APP, { at: i });
      one.unregister(APP, { at: i });
    }
    one.register(APP, { at: 30, host: '10.0.0.8' });
    one.register(['other.example.com'], { at: 30 });
    assert.deepEqual(one.leads(), ['app.example.com/', 'other.example.com/']);
  });

  it('is not remembered for ever', () => {
    const one = heard();
    for (let i = 0; i < 20; i++) {
      one.register(names(10), { at: i });
      one.unregister(names(10), { at: i });
    }
    assert.equal(one.registry.comings.get('shop')?.size, 10);
    tidy(one.registry, one.rules, 3600 * SECOND, { stale: true });
    assert.deepEqual([one.registry.comings.size, one.registry.refusals.size], [0, 0]);
  });

  it('does not take more memory than it should, whatever is withdrawn', () => {
    const one = heard();
    for (let i = 0; i < 30; i++) one.unregister(names(500, `m${i}.example.com`));
    assert.equal(one.registry.comings.get('shop')?.size, 5000);
  });
});

describe('a controller that has just started', () => {
  const before = heard();
  before.register(names(10));
  const list = heldRoutes(before.registry);

  it('takes over what routers serve, which goes unless it is announced again', () => {
    const { registry, rules, leads } = heard();
    assert.ok(adopt(registry, rules, list, 0));
    assert.ok(!adopt(registry, rules, list, 0), 'the next router has the same');
    assert.equal(leads().length, 10);
    tidy(registry, rules, STALE_SECONDS * SECOND, { stale: true });
    assert.deepEqual(leads(), []);
  });

  it('lets what is served keep its place before what it heard since', () => {
    const { register, registry, rules, leads } = heard();
    register(['new.example.com'], { at: 5 });
    adopt(registry, rules, list, 10);
    assert.deepEqual(
      leads(),
      names(10).map((name) => `${name}/`),
    );
  });

  it('does not revive what was withdrawn in the meantime, nor what nobody may announce', () => {
    const { unregister, registry, rules, leads } = heard();
    unregister(names(1));
    const foreign = { ...list[0]!, host: 'foreign.net' };
    const loop = { ...list[1]!, host: 'loop.example.com', backend: '10.0.0.2:80' };
    adopt(registry, rules, [...list, foreign, loop, { ...list[0]!, announcer: 'gone' }], 0);
    assert.deepEqual(
      leads(),
      names(10)
        .slice(1)
        .map((name) => `${name}/`),
    );
  });

  it('shows one router what that serves beside all others, and nobody else', () => {
    const { register, registry, rules, leads } = heard();
    register(['new.example.com']);
    const shown = heldBeside(registry, rules, list, 0).map(({ host }) => host);
    assert.equal(shown.length, 10, 'within the limits');
    assert.ok(shown.includes('new.example.com'));
    assert.deepEqual(leads(), ['new.example.com/']);
  });

  it('shows what it holds in the same order as another that heard it otherwise', () => {
    const [one, other] = [heard(), heard()];
    one.register(names(5));
    other.register(names(5).reverse());
    assert.deepEqual(heldRoutes(one.registry), heldRoutes(other.registry));
  });
});

/** As long as a host name and a path can be, and as bad to pack. */
function oddName(seed: number): string {
  const letters = (part: number) => sha256(`${seed} ${part}`).slice(0, 60);
  const host = [1, 2, 3].map(letters).join('.');
  return `${host}.example.com/${[4, 5, 6, 7].map(letters).join('')}`;
}
