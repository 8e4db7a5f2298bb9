import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import { refuse } from '../domain/error.ts';
import { HISTORY_SUBJECT } from './subjects.ts';

/** How many earlier documents of the cluster are kept. */
const CLUSTER_HISTORY = 20;
const HISTORY_ENTRIES_MAX = 10_000;
const READ_LIMIT_MS = 5000;

export const HISTORY_STREAM = 'history';

/** All that controllers keep. One replica: there is one bus. */
const STREAMS: Partial<StreamConfig>[] = [
  bucketConfig('cluster', CLUSTER_HISTORY),
  bucketConfig('observed', 1),
  bucketConfig('secrets', 1),
  {
    name: HISTORY_STREAM,
    subjects: [HISTORY_SUBJECT],
    storage: StorageType.File,
    max_msgs: HISTORY_ENTRIES_MAX,
  },
];

/** A bucket is a stream by convention; this is the part of it that matters here. */
function bucketConfig(bucket: string, history: number): Partial<StreamConfig> {
  return {
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    storage: StorageType.File,
    max_msgs_per_subject: history,
    allow_rollup_hdrs: true,
    num_replicas: 1,
  };
}

/**
 * Makes what is missing. Throws VERSION when the server keeps a stream otherwise than asked: old
 * servers drop in silence what they do not know.
 */
export async function createStreams(manager: JetStreamManager): Promise<void> {
  for (const wanted of STREAMS) {
    await manager.streams.add(wanted as Partial<StreamConfig> & { name: string });
    const { config } = await manager.streams.info(wanted.name!);
    for (const [field, value] of Object.entries(wanted)) {
      const kept = config[field as keyof StreamConfig];
      if (JSON.stringify(kept) === JSON.stringify(value)) continue;
      throw refuse(
        'VERSION',
        `the bus keeps '${wanted.name}' otherwise than asked`,
        `${field} is ${JSON.stringify(kept)}, not ${JSON.stringify(value)}`,
        'nats-server 2.10.27 or newer is needed',
      );
    }
  }
}

/**
 * The live entries of a bucket without history, by key; read again only when something was
 * written since. A bucket that is not there yet has none.
 */
export function cachedBucket(
  manager: JetStreamManager,
  bucket: KV,
  name: string,
): () => Promise<Map<string, KvEntry>> {
  let stamp = '';
  let reading: Promise<Map<string, KvEntry>> = Promise.resolve(new Map());
  return async () => {
    const now = await stampOf(manager, name);
    if (now !== stamp) {
      stamp = now;
      reading = now === MISSING ? Promise.resolve(new Map()) : readBucket(bucket);
      reading.catch(() => {
        stamp = '';
      });
    }
    return reading;
  };
}

/** The stream or bucket does not exist: the bus has no state. */
export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

const MISSING = 'missing';

async function stampOf(manager: JetStreamManager, bucket: string): Promise<string> {
  try {
    const { created, state } = await manager.streams.info(`KV_${bucket}`);
    return `${created} ${state.last_seq} ${state.last_ts}`;
  } catch (error) {
    if (isMissing(error)) return MISSING;
    throw error;
  }
}

async function readBucket(bucket: KV): Promise<Map<string, KvEntry>> {
  const entries = new Map<string, KvEntry>();
  const iterator = await bucket.history();
  const late = `the store did not tell all that it has within ${READ_LIMIT_MS / 1000} s`;
  const limit = setTimeout(() => iterator.stop(refuse('TIMEOUT', late)), READ_LIMIT_MS);
  try {
    for await (const entry of iterator) {
      if (entry.operation === 'PUT') entries.set(entry.key, entry);
      else entries.delete(entry.key);
    }
  } finally {
    clearTimeout(limit);
  }
  return entries;
}
