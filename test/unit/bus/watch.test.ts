import assert from 'node:assert/strict';
import type { KV, KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { watchBucket } from '../../../src/bus/watch.ts';
import { until } from '../../support/until.ts';

const entry = (revision: number): KvEntry =>
  ({ key: 'verdicts', revision, created: new Date(revision), operation: 'PUT' }) as KvEntry;

/** Values that a test gives one by one to whoever iterates. */
function source<T>() {
  const given: T[] = [];
  let wake = () => {};
  const iterator = (async function* () {
    for (;;) {
      while (given.length > 0) yield given.shift()!;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  })();
  const give = (value: T): void => {
    given.push(value);
    wake();
  };
  return { give, iterator: Object.assign(iterator, { stop: () => {} }) };
}

describe('a watch of a bucket', () => {
  it('tells no older entry when a hint was quicker than a reading', async () => {
    const [hints, statuses] = [source<KvEntry>(), source<{ type: string }>()];
    const late = Promise.withResolvers<Map<string, KvEntry>>();
    const reads = [Promise.resolve(new Map([['verdicts', entry(1)]])), late.promise];
    const told: number[] = [];
    let reading = 0;
    await watchBucket({
      nats: {
        status: () => statuses.iterator,
        closed: () => new Promise(() => {}),
      } as unknown as NatsConnection,
      bucket: { watch: async () => hints.iterator } as unknown as KV,
      read: () => reads[reading++]!,
      tell: (_key, now) => told.push(now!.revision),
    });
    statuses.give({ type: 'reconnect' });
    await until(() => reading === 2, { what: 'all is read again', seconds: 5 });
    hints.give(entry(2));
    await until(() => told.length === 2, { what: 'the hint is told', seconds: 5 });
    late.resolve(new Map([['verdicts', entry(1)]]));
    await late.promise;
    hints.give(entry(3));
    await until(() => told.at(-1) === 3, { what: 'the next hint is told', seconds: 5 });
    assert.deepEqual(told, [1, 2, 3]);
  });
});
