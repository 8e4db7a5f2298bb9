import assert from 'node:assert/strict';
import type { Bus } from '../../../src/bus/bus.ts';
import type { Heartbeat } from '../../../src/controller/hearing/liveness.ts';
import { contentsKeeper } from '../../../src/controller/state/contents.ts';
import {
  createLive,
  takeDocument,
  takeSecret,
  takeVerdicts,
} from '../../../src/controller/state/live.ts';
import { type Waker, wakeNodes } from '../../../src/controller/wake.ts';
import { shownUntil } from '../../../src/domain/access/tokens.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import type { Made } from '../../../src/domain/views/view.ts';
import { catalogue, clusterWith, NOW, tokenOf, withNode } from '../../support/clusters.ts';
import { manualClock } from '../../support/manual-clock.ts';

const SECOND_MS = 1000;
/** Longer than anything is gathered. */
const GATHERED_MS = 300;
const FIRST = clusterWith({ web: ['router'], db: ['redis'], plain: [] });

/** A controller with a bus that carries nothing, and all that was said on it. */
function controller(cluster: Cluster = FIRST) {
  const clock = manualClock(NOW);
  const live = createLive(clock);
  const said: string[] = [];
  const logged: string[] = [];
  takeDocument(live, cluster, 1);
  const controllerKeys = { controller: 'UCTL', warden: 'UWARDEN' };
  const contents = contentsKeeper({ live, catalogue, controllerKeys, seed: 'seed', kato: '0.2.0' });
  const publish = (subject: string) => said.push(subject) > 0;
  const waker: Waker = wakeNodes({
    bus: { publish } as unknown as Bus,
    ...{ live, contents, log: (line) => logged.push(line) },
  });
  const told = {
    /** Who was woken, and whether news were told, since the last time. */
    since: () => {
      const all = said.splice(0);
      const woken = all.map((subject) => /^kato\.node\.(.+)\.wake$/.exec(subject)?.[1] ?? null);
      return {
        woken: woken.filter((id) => id !== null).sort(),
        news: all.filter((subject) => subject === 'kato.ask.versions').length,
      };
    },
    /** What a node says that has all that this controller knows. */
    beatOf: (id: string, changes: Partial<Heartbeat> = {}): Heartbeat => {
      const { contentOf, made, version } = contents();
      return { version, leaving: false, have: { content: contentOf(id), made }, ...changes };
    },
    change: (next: Cluster) => takeDocument(live, after(live.document!.cluster, next), 2),
  };
  clock.tick(GATHERED_MS);
  told.since();
  return {
    ...{ tick: clock.tick, epochMs: clock.epochMs },
    live,
    contents,
    waker,
    logged,
    ...told,
  };
}

function after(before: Cluster, changed: Cluster): Cluster {
  return { ...changed, revision: before.revision + 1 };
}

const NOBODY = { woken: [], news: 0 };
const stopped = (cluster: Cluster, id: string) =>
  withNode(cluster, id, { roles: { base: { stopped: { by: 'core', at: NOW } } } });

describe('a controller', () => {
  let own: ReturnType<typeof controller>;

  beforeEach(() => {
    own = controller();
  });
  afterEach(() => {
    own.waker.close();
  });

  it('wakes those whose content a change makes another, and tells all of it once', () => {
    own.change(stopped(FIRST, 'plain'));
    assert.deepEqual(own.since(), { woken: ['core', 'plain'], news: 0 });
    own.tick(10 * SECOND_MS);
    assert.deepEqual(own.since(), { woken: [], news: 1 });
    const shop = { host: 'shop.org', path: '/', backends: ['10.1.0.1:80'], sticky: false };
    own.change({ ...own.live.document!.cluster, routes: { 'shop.org': shop } });
    assert.deepEqual(own.since().woken, ['core', 'web']);
    const operations = [{ id: 'o', revision: 3, result: null, touched: [] }];
    own.change({ ...own.live.document!.cluster, operations });
    assert.deepEqual(own.since().woken, ['core'], 'the core keeps the document');
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since(), { woken: [], news: 1 }, 'once for changes in a row');
    const { plain: _plain, ...nodes } = own.live.document!.cluster.nodes;
    own.change({ ...own.live.document!.cluster, nodes });
    assert.deepEqual(own.since().woken, ['core', 'plain'], 'it is to find that it was removed');
  });

  it('wakes once for what comes in crowds, and nobody for a verdict that changes no pool', () => {
    takeVerdicts(own.live, { silent: { db: { state: 'dead', since: NOW } }, outages: {} }, 5);
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since(), NOBODY);
    const two = {
      ...FIRST,
      routes: { a: { host: 'a', path: '/', backends: ['1.1.1.1:1', '1.1.1.2:1'], sticky: false } },
    };
    own.change(two);
    own.tick(GATHERED_MS);
    own.since();
    for (const since of [NOW, NOW, NOW]) {
      const outages = { 'route a': { '1.1.1.1:1': since } };
      takeVerdicts(own.live, { silent: {}, outages }, own.live.verdictsEntry + 1);
    }
    assert.deepEqual(own.since(), NOBODY);
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since(), { woken: ['core', 'web'], news: 0 });
  });

  it('wakes for a secret those who are given it', () => {
    takeSecret(own.live, 'node/db/redis/password', 7);
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since(), { woken: ['core', 'db'], news: 0 });
    takeSecret(own.live, 'node/db/redis/password', 8, true);
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since(), { woken: ['core', 'db'], news: 0 });
  });

  it('repairs lost news for all at once, a second later, and no node by itself', () => {
    const before = ['web', 'db', 'plain'].map((id) => [id, own.beatOf(id)] as const);
    own.change(stopped(FIRST, 'plain'));
    own.tick(GATHERED_MS);
    own.since();
    const beats = () => {
      for (const [id, beat] of before.slice(0, 2)) own.waker.repair(id, beat);
    };
    beats();
    own.tick(SECOND_MS);
    assert.deepEqual(own.since(), NOBODY, 'the news may have been on their way');
    beats();
    assert.deepEqual(own.since(), NOBODY);
    own.tick(SECOND_MS);
    assert.deepEqual(own.since(), { woken: [], news: 1 });
    own.tick(10 * SECOND_MS);
    assert.deepEqual(own.since(), NOBODY);
  });

  it('repairs a lost wake-up, also where only secrets or verdicts are others', () => {
    const before = own.beatOf('db');
    own.waker.repair('db', before);
    assert.deepEqual(own.since(), NOBODY);
    takeSecret(own.live, 'node/db/redis/password', 7);
    own.tick(GATHERED_MS);
    own.since();
    for (const beat of [before, { ...before, version: own.contents().version }]) {
      own.waker.repair('db', beat);
      assert.deepEqual(own.since().woken, ['db']);
    }
    takeSecret(own.live, 'node/db/redis/password', 8, true);
    own.tick(GATHERED_MS);
    own.since();
    own.waker.repair('db', own.beatOf('db'));
    assert.deepEqual([own.since(), own.logged], [NOBODY, []]);
  });

  it('wakes nobody twice whose heartbeat comes while wake-ups are gathered', () => {
    const before = own.beatOf('db');
    takeSecret(own.live, 'node/db/redis/password', 7);
    own.waker.repair('db', before);
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since().woken, ['core', 'db']);
    assert.deepEqual(own.logged, []);
  });

  it('wakes nobody who has what is newer than what it knows itself', () => {
    const { made } = own.contents();
    const newer: Partial<Made>[] = [
      { revision: 2 },
      { verdicts: 9 },
      { announced: 9 },
      { secrets: 9 },
      { time: '2027-01-01T00:00:00.000Z' },
      { kato: '0.10.0' },
      { lineage: 'l2', epoch: 2, revision: 1 },
    ];
    for (const changes of newer) {
      const have = { content: 'another', made: { ...made, ...changes } };
      own.waker.repair('db', own.beatOf('db', { have }));
    }
    own.tick(10 * SECOND_MS);
    assert.deepEqual([own.since(), own.logged], [NOBODY, []]);
    const older: Partial<Made>[] = [{ time: '1960-01-01T00:00:00.000Z' }, { kato: '0.1.9' }];
    for (const changes of [...older, { epoch: 0, revision: 99 }, { revision: 0, verdicts: 9 }]) {
      const have = { content: 'another', made: { ...made, ...changes } };
      own.waker.repair('db', own.beatOf('db', { have }));
      assert.deepEqual(own.since().woken, ['db']);
    }
  });

  it('says once that a node has another content made of the same, and does not wake it', () => {
    const { made } = own.contents();
    const beat = own.beatOf('db', { have: { content: 'another', made } });
    for (let i = 0; i < 5; i++) own.waker.repair('db', beat);
    own.tick(10 * SECOND_MS);
    assert.deepEqual(own.since(), NOBODY);
    assert.equal(own.logged.length, 1);
    assert.match(own.logged[0]!, /^db has a different view .* a bug in kato$/);
  });

  it('repairs an agent of 0.1.0 by the revision that it has', () => {
    const { version } = own.contents();
    const beat = { version, leaving: false };
    own.waker.repair('db', beat);
    assert.deepEqual(own.since(), NOBODY);
    own.change(stopped(FIRST, 'plain'));
    own.since();
    own.waker.repair('db', beat);
    own.waker.repair('db', { ...beat, version: null });
    assert.deepEqual(own.since(), { woken: ['db', 'db'], news: 0 });
    own.waker.repair('nobody', beat);
    assert.deepEqual(own.since(), NOBODY);
  });

  it('wakes the core when the time of a token is over', () => {
    const token = tokenOf('t1');
    own.change({ ...FIRST, tokens: { t1: token } });
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since().woken, ['core']);
    const leftMs = Date.parse(shownUntil(token)) - own.epochMs();
    own.tick(leftMs - 1);
    assert.deepEqual(own.since(), NOBODY);
    own.tick(2);
    assert.deepEqual(own.since(), { woken: ['core'], news: 0 });
    assert.equal(own.contents().made.time, shownUntil(token));
    assert.deepEqual(
      own
        .contents()
        .viewOf('core')
        .busUsers.filter(({ kind }) => kind === 'join'),
      [],
    );
  });
});
