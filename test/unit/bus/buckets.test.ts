import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { cachedBucket } from '../../../src/bus/store/buckets.ts';
import { until } from '../../support/until.ts';

describe('a reading of all that a bucket has', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  after(() => mock.timers.reset());

  it('is given up in time by that name, and not taken for an absent bus', async () => {
    const stopped = Promise.withResolvers<never>();
    let reading = false;
    const entries = {
      stop: stopped.reject,
      async *[Symbol.asyncIterator]() {
        reading = true;
        yield await stopped.promise;
      },
    };
    const info = async () => ({ created: '', state: { last_seq: 1, last_ts: '' } });
    const manager = { streams: { info } } as unknown as JetStreamManager;
    const read = cachedBucket(manager, { history: async () => entries } as unknown as KV, 'all')();
    await until(() => reading, { what: 'it waits for the first entry', seconds: 5 });
    mock.timers.tick(5000);
    await assert.rejects(read, { code: 'TIMEOUT' });
  });
});
