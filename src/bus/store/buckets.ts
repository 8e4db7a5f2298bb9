import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import { refuse } from '../../domain/base/error.ts';
import { HISTORY_OF_NODES, HISTORY_SUBJECT } from '../subjects.ts';

/** How many earlier documents of the cluster are kept. */
const CLUSTER_HISTORY = 20;
const READ_LIMIT_MS = 5000;
const MB = 1024 * 1024;
const DAY_NS = 86_400e9;

export const HISTORY_STREAM = 'history';
/**
 * What plain nodes do to themselves. Each has its share: what it does often pushes out only its own
 * entries.
 */
export const HISTORY_OF_NODES_STREAM = 'history-nodes';

type Stream = Partial<StreamConfig> & { name: string };

/**
 * All that controllers keep. One replica: there is one bus. An entry of a history is 2.5 kB at most, so
 * that the limits in bytes bite only where an older kato wrote larger ones. The server sets as much aside
 * of `max_file_store`, though not on the disk.
 */
const STREAMS: Stream[] = [
  bucketConfig('cluster', CLUSTER_HISTORY),
  bucketConfig('observed', 1),
  bucketConfig('secrets', 1),
  {
    name: HISTORY_STREAM,
    subjects: [HISTORY_SUBJECT],
    storage: StorageType.File,
    max_msgs: 10_000,
    max_bytes: 64 * MB,
  },
];
/** The same, unknown to kato 0.1.0. */
const LATER: Stream[] = [
  { ...bucketConfig('refusals', 1), max_msgs: 2000, max_bytes: 8 * MB, max_age: 30 * DAY_NS },
  {
    name: HISTORY_OF_NODES_STREAM,
    subjects: [HISTORY_OF_NODES],
    storage: StorageType.File,
    max_msgs: 10_000,
    max_msgs_per_subject: 500,
    max_bytes: 64 * MB,
  },
  { ...bucketConfig('ends', 1), max_msgs: 10_000, max_bytes: 64 * MB },
];
/** Which of those were made once, in the metadata of the stream of the document. */
const MADE = 'kato-made';

/** A bucket is a stream by convention; this is the part of it that matters here. */
function bucketConfig(bucket: string, history: number): Stream {
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
 * For a new state: creates what is missing. Throws VERSION when the server stores a stream
 * differently than asked: old servers silently drop options that they do not know.
 */
export async function createStreams(manager: JetStreamManager): Promise<void> {
  for (const stream of [...STREAMS, ...LATER]) {
    if ((await infoOf(manager, stream.name)) === null) await manager.streams.add(stream);
    await limit(manager, stream);
  }
  await noteMade(manager);
}

/**
 * Gives the state of an older kato the places and limits of this one. What was made once and is not
 * there is not made again: the bus may not have loaded it, and a new one would take its place on the disk.
 */
export async function upgradeStreams(manager: JetStreamManager): Promise<void> {
  const document = await infoOf(manager, STREAMS[0]!.name);
  if (document === null) return;
  const made = document.config.metadata?.[MADE]?.split(' ') ?? [];
  for (const stream of LATER.filter(({ name }) => !made.includes(name))) {
    if ((await infoOf(manager, stream.name)) === null) await manager.streams.add(stream);
  }
  for (const stream of [...STREAMS, ...LATER]) await limit(manager, stream);
  await noteMade(manager);
}

async function noteMade(manager: JetStreamManager): Promise<void> {
  const { name } = STREAMS[0]!;
  const made = LATER.map((stream) => stream.name).join(' ');
  const metadata = (await infoOf(manager, name))?.config.metadata;
  if (metadata?.[MADE] === made) return;
  await manager.streams.update(name, { metadata: { ...metadata, [MADE]: made } });
}

/** Makes sure of the limits of a stream, if it is there. */
async function limit(manager: JetStreamManager, stream: Stream): Promise<void> {
  const before = await infoOf(manager, stream.name);
  if (before === null) return;
  const wanted = roomy(stream, before.state.bytes);
  if (differs(before.config, wanted) === undefined) return;
  await manager.streams.update(stream.name, wanted);
  const { config } = await manager.streams.info(stream.name);
  const field = differs(config, wanted);
  if (field === undefined) return;
  throw refuse(
    'VERSION',
    `the bus keeps '${stream.name}' differently than asked`,
    `${field} is ${JSON.stringify(config[field])}, not ${JSON.stringify(wanted[field])}`,
    'nats-server 2.10.27 or newer is needed',
  );
}

function differs(
  kept: StreamConfig,
  wanted: Partial<StreamConfig>,
): keyof StreamConfig | undefined {
  const fields = Object.keys(wanted) as (keyof StreamConfig)[];
  return fields.find((field) => JSON.stringify(kept[field]) !== JSON.stringify(wanted[field]));
}

/** A limit that comes later takes nothing away: what is there has room, and makes it as it ages. */
function roomy<Stream extends Partial<StreamConfig>>(stream: Stream, bytes: number): Stream {
  const { max_bytes } = stream;
  return max_bytes === undefined ? stream : { ...stream, max_bytes: Math.max(max_bytes, bytes) };
}

/** Null for a stream that is not there. */
export async function infoOf(manager: JetStreamManager, stream: string) {
  return manager.streams.info(stream).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
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

export function noneIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
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
  const late = `the store did not return everything within ${READ_LIMIT_MS / 1000} s`;
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
