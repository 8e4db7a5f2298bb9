import { setTimeout as pause } from 'node:timers/promises';
import type { KV, KvEntry, KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection, QueuedIterator } from '@nats-io/transport-node';

export type ReadBucket = () => Promise<Map<string, KvEntry>>;
/** Null for a key that is gone; the number is that of its end then, as far as it is known. */
export type TellEntry = (key: string, entry: KvEntry | null, number: number) => void;

/** A watch that died in silence costs at most this. */
const RESYNC_MS = 30_000;
const RETRY_MS = 500;

/**
 * Tells every entry there is before it resolves, then each change, once, until the connection is
 * closed. The server's watch is but a fast hint: behind a restored, older bus it would stay
 * silent, so after each reconnection, and at times, everything is read again.
 */
export async function watchBucket(options: {
  nats: NatsConnection;
  bucket: KV;
  read: ReadBucket;
  tell: TellEntry;
}): Promise<void> {
  const { nats, bucket, read, tell } = options;
  const told = new Map<string, Told>();
  const end = new AbortController();

  const take = (key: string, entry: KvEntry | null, end?: number) => {
    const before = told.get(key);
    if (entry === null ? before === undefined : isSame(before, entry)) return;
    try {
      tell(key, entry, entry?.revision ?? end ?? before?.revision ?? 0);
    } catch (error) {
      // It counts as not reported: the next reading reports it again, and the others now.
      process.emitWarning(error as Error);
      return;
    }
    if (entry === null) told.delete(key);
    else told.set(key, { revision: entry.revision, createdMs: entry.created.getTime() });
  };
  const takeHint = (entry: KvWatchEntry) => {
    // A watch that resumes may be behind what was read meanwhile.
    if (entry.revision <= (told.get(entry.key)?.revision ?? 0)) return;
    take(entry.key, entry.operation === 'PUT' ? entry : null, entry.revision);
  };
  const resync = async () => {
    const before = new Map(told);
    const now = await read();
    // What a hint reported meanwhile is newer than what was read.
    const isRead = (key: string): boolean => told.get(key) === before.get(key);
    for (const key of [...told.keys()]) if (!now.has(key) && isRead(key)) take(key, null);
    for (const [key, entry] of now) if (isRead(key)) take(key, entry);
  };

  await resync();
  const timer = setInterval(() => void resync().catch(() => {}), RESYNC_MS);
  timer.unref();
  const hints = followHints(bucket, takeHint, end.signal);
  void onReconnect(nats, async () => {
    const again = () => pause(RETRY_MS).then(resync);
    await resync().catch(again).finally(hints.renew);
  });
  void nats.closed().then(() => {
    clearInterval(timer);
    end.abort();
  });
}

/** After a restore the same revision can be another value. */
interface Told {
  revision: number;
  createdMs: number;
}

function isSame(told: Told | undefined, entry: KvEntry): boolean {
  return told?.revision === entry.revision && told.createdMs === entry.created.getTime();
}

/** The server's watch. `renew` begins another one: the first is deaf where the bus is older now. */
function followHints(
  bucket: KV,
  takeHint: (entry: KvWatchEntry) => void,
  signal: AbortSignal,
): { renew(): void } {
  let watch: QueuedIterator<KvWatchEntry> | null = null;
  let renewing = false;
  void follow();
  return {
    renew: () => {
      renewing = true;
      watch?.stop();
    },
  };

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      renewing = false;
      try {
        watch = await bucket.watch();
        for await (const entry of watch) takeHint(entry);
      } catch {
        // The bus is away or the bucket is not there: the next try will show.
      }
      if (!renewing) await pause(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

export async function onReconnect(
  nats: NatsConnection,
  act: () => Promise<void> | void,
): Promise<void> {
  for await (const status of nats.status()) {
    if (status.type !== 'reconnect') continue;
    await Promise.resolve(act()).catch(() => {});
  }
}
