import assert from 'node:assert/strict';
import { takeSecret } from '../../../src/controller/state/live.ts';
import type { Made } from '../../../src/domain/views/view.ts';
import { withNode } from '../../support/clusters.ts';
import { FIRST, GATHERED_MS, NOBODY, SECOND_MS, wakingController } from '../../support/waking.ts';

const CHANGED = withNode(FIRST, 'plain', { roles: {} });

describe('a controller that hears what a node has', () => {
  let own: ReturnType<typeof wakingController>;

  beforeEach(() => {
    own = wakingController();
  });
  afterEach(() => {
    own.waker.close();
  });

  it('repairs lost news for all at once, a second later, and no node by itself', () => {
    const before = ['web', 'db', 'plain'].map((id) => [id, own.beatOf(id)] as const);
    own.change(CHANGED);
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
    own.change(CHANGED);
    own.since();
    own.waker.repair('db', beat);
    own.waker.repair('db', { ...beat, version: null });
    assert.deepEqual(own.since(), { woken: ['db', 'db'], news: 0 });
    own.waker.repair('nobody', beat);
    assert.deepEqual(own.since(), NOBODY);
  });
});
