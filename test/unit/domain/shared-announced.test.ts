import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  announce,
  announcementRules,
  createRegistry,
  type Registry,
  STALE_SECONDS,
  tidy,
  withdraw,
} from '../../../src/domain/traffic/announcements.ts';
import {
  GONE_MAX,
  type Moment,
  NOTHING_ANNOUNCED,
  nextShared,
  routesOf,
  type SharedAnnounced,
} from '../../../src/domain/traffic/shared-announced.ts';
import { ANNOUNCERS } from '../../support/announcing.ts';
import { catalogue, clusterWith } from '../../support/clusters.ts';

const rules = announcementRules(clusterWith({}, { announcers: ANNOUNCERS }), catalogue);
const EPOCH_MS = Date.parse('2026-03-01T12:00:00.000Z');
const MINUTE_MS = 60_000;

/** Controllers, each with a monotonic clock of its own, and what they share. */
class Cluster {
  readonly registries: Registry[];
  shared: SharedAnnounced = NOTHING_ANNOUNCED;
  nowMs = 0;
  writes = 0;

  constructor(count: number) {
    this.registries = Array.from({ length: count }, createRegistry);
  }

  /** Only these hear it. */
  say(how: typeof announce, host: string, hearers: readonly number[]): void {
    this.nowMs += 10;
    for (const i of hearers) {
      const body = { host: '10.0.0.9', port: 8080, uris: [host] };
      how(this.registries[i]!, rules, 'blog', body, this.at(i).nowMs);
    }
    this.quiet();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const [i, one] of this.registries.entries()) {
      tidy(one, rules, this.at(i).nowMs, { stale: true });
    }
    this.quiet();
  }

  at(i: number): Moment {
    return { nowMs: this.nowMs + 1000 * i, epochMs: EPOCH_MS + this.nowMs };
  }

  hosts(): string[] {
    return routesOf(this.shared).map(({ host }) => host);
  }

  /** In turn, until nobody has anything to write; it must come to that. */
  quiet(): void {
    for (let round = 0; round < 5; round++) {
      const before = this.shared;
      for (const [i, registry] of this.registries.entries()) {
        const next = nextShared(registry, this.shared, this.at(i));
        if (next === null) continue;
        this.shared = next;
        this.writes++;
      }
      if (this.shared === before) return;
    }
    assert.fail('the controllers write for ever');
  }
}

describe('announced routes that controllers share', () => {
  it('are there when one of them heard it, and go when one of them heard that', () => {
    const cluster = new Cluster(2);
    cluster.say(announce, 'b.blog.org', [0]);
    cluster.say(announce, 'a.blog.org', [1]);
    assert.deepEqual(cluster.hosts(), ['a.blog.org', 'b.blog.org']);
    cluster.say(withdraw, 'b.blog.org', [1]);
    assert.deepEqual(cluster.hosts(), ['a.blog.org']);
    cluster.say(announce, 'b.blog.org', [0]);
    assert.deepEqual(cluster.hosts(), ['a.blog.org', 'b.blog.org']);
  });

  it('are the same list whoever heard which first, and one number for each list', () => {
    const one = new Cluster(2);
    one.say(announce, 'a.blog.org', [0, 1]);
    one.say(announce, 'b.blog.org', [1]);
    const other = new Cluster(2);
    other.say(announce, 'b.blog.org', [1]);
    other.say(announce, 'a.blog.org', [0, 1]);
    assert.deepEqual(routesOf(one.shared), routesOf(other.shared));
    assert.equal(one.shared.number, 2);
  });

  it('stay while one still hears of them, and are written rarely for that', () => {
    const cluster = new Cluster(2);
    cluster.say(announce, 'a.blog.org', [0, 1]);
    const before = cluster.writes;
    for (let minute = 0; minute < 30; minute++) {
      for (let i = 0; i < 3; i++) {
        cluster.pass(MINUTE_MS / 3);
        cluster.say(announce, 'a.blog.org', [0]);
      }
    }
    assert.deepEqual(cluster.hosts(), ['a.blog.org']);
    assert.equal(cluster.shared.number, 1);
    assert.ok(cluster.writes - before <= 60, `${cluster.writes - before} writes in 30 minutes`);
    cluster.pass(STALE_SECONDS * 1000);
    cluster.pass(STALE_SECONDS * 1000);
    assert.deepEqual(cluster.hosts(), []);
  });

  it('are forgotten some time after they went', () => {
    const cluster = new Cluster(2);
    cluster.say(announce, 'a.blog.org', [0, 1]);
    cluster.say(withdraw, 'a.blog.org', [0, 1]);
    assert.equal(Object.keys(cluster.shared.words).length, 1);
    cluster.pass(10 * MINUTE_MS);
    cluster.say(announce, 'b.blog.org', [0]);
    assert.deepEqual(Object.keys(cluster.shared.words).length, 1);
  });

  it('leave little behind where one comes and goes under ever new names', () => {
    const cluster = new Cluster(2);
    const sayAll = (how: typeof announce, start: number): void => {
      const uris = Array.from({ length: 500 }, (_, i) => `n${start + i}.blog.org`);
      const body = { host: '10.0.0.9', port: 8080, uris };
      for (const i of [0, 1]) how(cluster.registries[i]!, rules, 'blog', body, cluster.at(i).nowMs);
      cluster.pass(150);
    };
    for (let start = 0; start < 10_000; start += 500) {
      sayAll(announce, start);
      assert.equal(cluster.hosts().length, 500);
      sayAll(withdraw, start);
      assert.deepEqual(cluster.hosts(), []);
    }
    const gone = Object.keys(cluster.shared.words);
    assert.equal(gone.length, GONE_MAX);
    assert.ok(gone.every((key) => Number(/ n(\d+)/.exec(key)![1]) >= 10_000 - GONE_MAX));
    assert.ok(JSON.stringify(cluster.shared).length < 1_000_000);
  });

  it('come to rest whatever each of three hears of them, and one that starts changes nothing', () => {
    const act = fc.record({
      how: fc.constantFrom('announce', 'withdraw', 'pass', 'restart'),
      host: fc.constantFrom('a.blog.org', 'b.blog.org', 'c.blog.org'),
      hearers: fc.subarray([0, 1, 2]),
      ms: fc.integer({ min: 0, max: 3 * STALE_SECONDS * 1000 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const cluster = new Cluster(3);
        for (const { how, host, hearers, ms } of acts) {
          if (how === 'announce') cluster.say(announce, host, hearers);
          if (how === 'withdraw') cluster.say(withdraw, host, hearers);
          if (how === 'pass') cluster.pass(ms);
          if (how !== 'restart') continue;
          const before = cluster.hosts();
          for (const i of hearers) cluster.registries[i] = createRegistry();
          cluster.quiet();
          assert.deepEqual(cluster.hosts(), before);
        }
      }),
    );
  });
});
