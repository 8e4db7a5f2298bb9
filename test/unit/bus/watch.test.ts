import assert from 'node:assert/strict';
import type { KV, KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { watchBucket } from '../../../src/bus/store/watch.ts';
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

/** A bus whose statuses and hints a test gives. */
function busOf() {
  const [hints, statuses] = [source<KvEntry>(), source<{ type: string }>()];
  const nats = { status: () => statuses.iterator, closed: () => new Promise(() => {}) };
  const bucket = { watch: async () => hints.iterator };
  return {
    hints,
    statuses,
    nats: nats as unknown as NatsConnection,
    bucket: bucket as unknown as KV,
  };
}

describe('a watch of a bucket', () => {
  it('tells again at the next reading what could not be taken, and the others at once', async () => {
    const { statuses, nats, bucket } = busOf();
    const all = new Map(['bad', 'good'].map((key) => [key, { ...entry(1), key }]));
    const [told, warned]: [string[], unknown[]] = [[], []];
    const warn = (warning: Error) => warned.push(warning.message);
    process.on('warning', warn);
    const tell = (key: string): void => {
      told.push(key);
      if (told.length === 1) throw new Error('choked');
    };
    await watchBucket({ nats, bucket, read: async () => all, tell });
    assert.deepEqual(told, ['bad', 'good']);
    statuses.give({ type: 'reconnect' });
    await until(() => told.length === 3, { what: 'it is told again', seconds: 5 });
    assert.deepEqual([told[2], warned], ['bad', ['choked']]);
    process.off('warning', warn);
  });

  it('tells no older entry when a hint was quicker than a reading', async () => {
    const { hints, statuses, nats, bucket } = busOf();
    const late = Promise.withResolvers<Map<string, KvEntry>>();
    const reads = [Promise.resolve(new Map([['verdicts', entry(1)]])), late.promise];
    const told: number[] = [];
    let reading = 0;
    await watchBucket({
      nats,
      bucket,
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
