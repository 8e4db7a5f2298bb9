import assert from 'node:assert/strict';
import { takeSecret, takeVerdicts } from '../../../src/controller/state/live.ts';
import { shownUntil } from '../../../src/domain/access/tokens.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { NOW, tokenOf, withNode } from '../../support/clusters.ts';
import { FIRST, GATHERED_MS, NOBODY, SECOND_MS, wakingController } from '../../support/waking.ts';

const stopped = (cluster: Cluster, id: string) =>
  withNode(cluster, id, { roles: { base: { stopped: { by: 'core', at: NOW } } } });

describe('a controller', () => {
  let own: ReturnType<typeof wakingController>;

  beforeEach(() => {
    own = wakingController();
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

  it('wakes who only keeps the document at once, and of many changes in a row for the first and the last', () => {
    const change = (revision: number) =>
      own.change({
        ...own.live.document!.cluster,
        operations: [{ id: `o${revision}`, revision, result: null, touched: [] }],
      });
    const before = own.contents().contentOf('core');
    change(2);
    assert.deepEqual(own.since().woken, ['core']);
    assert.notEqual(own.contents().contentOf('core'), before);
    for (let revision = 3; revision < 20; revision++) change(revision);
    assert.deepEqual(own.since().woken, []);
    assert.ok(own.contents().isDone('core', before), 'nobody waits for what it only keeps');
    own.change(stopped(own.live.document!.cluster, 'plain'));
    assert.deepEqual(own.since().woken, ['plain']);
    own.change({ ...own.live.document!.cluster, tokens: { t1: tokenOf('t1') } });
    assert.deepEqual(own.since().woken, ['core'], 'this it acts on');
    assert.ok(!own.contents().isDone('core', before));
    assert.ok(!own.contents().isDone('core', 'unknown') && !own.contents().isDone('db', undefined));
    change(22);
    own.tick(GATHERED_MS);
    assert.deepEqual(own.since(), { woken: ['core'], news: 1 });
    own.tick(10 * SECOND_MS);
    assert.deepEqual(own.since(), NOBODY);
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
