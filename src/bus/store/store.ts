import {
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { KatoError, refuse } from '../../domain/base/error.ts';
import type { Cluster, Json } from '../../domain/document/cluster.ts';
import type { ChangeEnd } from '../../domain/telling/change-end.ts';
import type { HistoryEntry } from '../../domain/telling/history.ts';
import { decodeBody, encodeBody } from '../body.ts';
import type { Bus } from '../bus.ts';
import { busAway } from '../failures.ts';
import { TRUSTED } from '../limits.ts';
import { natsOf } from '../messaging.ts';
import { cachedBucket, createStreams, noneIfMissing, upgradeStreams } from './buckets.ts';
import { DOCUMENT, encodedCluster, openDocument, type StoredCluster } from './document.ts';
import { type HistoryQuery, openHistory } from './history.ts';
import { keyOf, nameOf } from './keys.ts';
import { sealOf } from './seal.ts';
import { STORE_TIMEOUT_MS, storeFailure } from './store-failure.ts';
import { type ReadBucket, type TellEntry, watchBucket } from './watch.ts';

/** By name. A name without a value is there: what it holds was written by others, or altered. */
export type StoredSecrets = Record<string, string | null>;

/**
 * What controllers share, on the bus's disk. Every function throws BUS_AWAY while there is no
 * connection, and TIMEOUT when the store does not answer within a second, or takes more than five
 * to tell all that there is: a write may have landed then all the same. Writes throw NO_SPACE while
 * the core's disk is full.
 */
export interface Store {
  /**
   * Setup only. Secrets come first: controllers take the document as the sign that all is there.
   * CONFLICT when there is a state already, VERSION when the server is too old.
   */
  createState(cluster: Cluster, secrets: Record<string, string>): Promise<number>;
  /** Names of all streams that the bus has loaded. */
  loadedStreams(): Promise<string[]>;
  /** What the state of an older kato lacks: places for what this one keeps. */
  upgradeState(): Promise<void>;
  /** Recovery only: replaces whatever is there by a state. */
  replaceState(cluster: Cluster, secrets: Record<string, string>): Promise<void>;
  /** Null on a bus without state: that is not an empty cluster, and only setup may create one. */
  readCluster(): Promise<StoredCluster | null>;
  /** The new entry; null when another change came first. */
  writeCluster(cluster: Cluster, entry: number): Promise<number | null>;
  /** Tells what there is before it resolves, then each change, at once or within 30 s. */
  watchCluster(tell: (cluster: Cluster, entry: number) => void): Promise<void>;

  putObserved(key: string, value: Json): Promise<void>;
  /** As `writeCluster`; `entry` is 0 for a key that never was. */
  replaceObserved(key: string, value: Json, entry: number): Promise<number | null>;
  deleteObserved(key: string): Promise<void>;
  allObserved(): Promise<Map<string, Json>>;
  /** As `watchCluster`, for each key; null for one that is gone. */
  watchObserved(tell: (key: string, value: Json, entry: number) => void): Promise<void>;

  getSecret(name: string): Promise<string | null>;
  /** Its number, as `watchSecrets` reports it. */
  putSecret(name: string, value: string): Promise<number>;
  /** The same; keeps the one that there is, and is null then. */
  addSecret(name: string, value: string): Promise<number | null>;
  /** With a number only the value that has it: another one stays. */
  deleteSecret(name: string, number?: number): Promise<void>;
  /**
   * As `watchCluster`, for each secret: only its number, which changes with its value, or that of its
   * end.
   */
  watchSecrets(tell: (name: string, number: number, isGone: boolean) => void): Promise<void>;
  /** Names and values of all secrets whose name starts so; null for one that cannot be opened. */
  listSecrets(prefix: string): Promise<StoredSecrets>;

  /** `plainNode` is the id of a node that is no admin and did it to itself, else null. */
  appendHistory(entry: HistoryEntry, plainNode: string | null): Promise<void>;
  /** Sets the line that this connection keeps under a key: refusals are counted there. */
  putRefusal(key: string, entry: HistoryEntry): Promise<void>;
  /** What became of an operation, by its id; what another controller has written stays. */
  putEnd(id: string, end: ChangeEnd): Promise<void>;
  /** The newest `limit` entries, oldest first; with `node` those that it did or that name it. */
  readHistory(query: HistoryQuery): Promise<HistoryEntry[]>;
}

/**
 * Only for controllers, whose seed seals the secrets on the disk. The watches end with the
 * connection.
 */
export async function openStore(bus: Bus, seed: string): Promise<Store> {
  const nats = natsOf(bus);
  const js = jetstream(nats, { timeout: STORE_TIMEOUT_MS });
  const manager = await jetstreamManager(nats, { timeout: STORE_TIMEOUT_MS, checkAPI: false });
  const kvm = new Kvm(js);
  // Not `direct`: a missing stream would look like a missing server.
  const open = (name: string): Promise<KV> => kvm.open(name, { allow_direct: false });
  const clusters = await open('cluster');
  const observed = await open('observed');
  const secrets = await open('secrets');
  const refusals = await open('refusals');
  const ends = await open('ends');
  const allObserved = cachedBucket(manager, observed, 'observed');
  const allSecrets = cachedBucket(manager, secrets, 'secrets');
  const history = openHistory({ js, manager, refusals, ends });

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!bus.connected) throw busAway();
    return work().catch((error: unknown) => {
      throw storeFailure(error);
    });
  };
  const document = openDocument({ nats, manager, clusters });
  const seal = sealOf(seed);
  const putSecret = (name: string, value: string) => put(secrets, name, seal.close(name, value));
  const opened = (name: string, entry: KvEntry | null): string | null =>
    entry?.operation === 'PUT' ? seal.open(name, decodeBody(entry.value, TRUSTED) as string) : null;
  const openedOrNull = (name: string, entry: KvEntry): string | null => {
    try {
      return opened(name, entry);
    } catch (error) {
      if (error instanceof KatoError) return null;
      throw error;
    }
  };
  const watch = (bucket: KV, read: ReadBucket, tell: TellEntry) =>
    attempt(() => watchBucket({ nats, bucket, read, tell }));

  return {
    createState: (cluster, first) =>
      attempt(async () => {
        await createStreams(manager);
        const taken = refuse('CONFLICT', 'the bus already holds a cluster');
        if ((await document.read()) !== null) throw taken;
        for (const [name, value] of Object.entries(first)) await putSecret(name, value);
        return clusters.create(DOCUMENT, encodedCluster(cluster)).catch((error: unknown) => {
          throw isConflict(error) ? taken : error;
        });
      }),
    loadedStreams: () => attempt(() => manager.streams.names().next()),
    upgradeState: () => attempt(() => upgradeStreams(manager)),
    replaceState: (cluster, all) =>
      attempt(async () => {
        await createStreams(manager);
        for (const [name, value] of Object.entries(all)) await putSecret(name, value);
        await clusters.put(DOCUMENT, encodedCluster(cluster));
      }),
    readCluster: () => attempt(document.read),
    writeCluster: (cluster, entry) =>
      attempt(async () => {
        const next = await replace(clusters, DOCUMENT, encodedCluster(cluster), entry);
        if (next !== null) document.wrote(cluster, next);
        return next;
      }),
    watchCluster: (tell) =>
      watch(
        clusters,
        async () => {
          const entry = await clusters.get(DOCUMENT).catch(noneIfMissing);
          return new Map(entry === null ? [] : [[DOCUMENT, entry]]);
        },
        (_key, entry) => {
          if (entry !== null) tell(document.opened(entry), entry.revision);
        },
      ),

    putObserved: (key, value) =>
      attempt(async () => {
        await put(observed, key, value);
      }),
    replaceObserved: (key, value, entry) =>
      attempt(() => replace(observed, keyOf(key), encodeBody(value), entry)),
    deleteObserved: (key) => attempt(() => observed.delete(keyOf(key))),
    allObserved: () => attempt(async () => decodeAll(await allObserved())),
    watchObserved: (tell) =>
      watch(observed, allObserved, (key, entry) =>
        tell(
          nameOf(key),
          entry === null ? null : decodeBody(entry.value, TRUSTED),
          entry?.revision ?? 0,
        ),
      ),

    getSecret: (name) => attempt(async () => opened(name, await secrets.get(keyOf(name)))),
    putSecret: (name, value) => attempt(() => putSecret(name, value)),
    addSecret: (name, value) =>
      attempt(() => replace(secrets, keyOf(name), encodeBody(seal.close(name, value)), 0)),
    deleteSecret: (name, number) =>
      attempt(async () => {
        const previous = number === undefined ? {} : { previousSeq: number };
        await secrets.delete(keyOf(name), previous).catch(noneIfConflict);
      }),
    watchSecrets: (tell) =>
      watch(secrets, allSecrets, (key, entry, number) => tell(nameOf(key), number, entry === null)),
    listSecrets: (prefix) =>
      attempt(async () => {
        const entries = [...(await allSecrets())].map(
          ([key, entry]) => [nameOf(key), entry] as const,
        );
        const asked = entries.filter(([name]) => name.startsWith(prefix));
        return Object.fromEntries(asked.map(([name, entry]) => [name, openedOrNull(name, entry)]));
      }),

    appendHistory: (entry, plainNode) => attempt(() => history.append(entry, plainNode)),
    putRefusal: (key, entry) => attempt(() => history.putRefusal(key, entry)),
    putEnd: (id, end) =>
      attempt(async () => {
        await history.putEnd(id, end).catch(noneIfConflict);
      }),
    readHistory: (query) => attempt(() => history.read(query)),
  };
}

function put(bucket: KV, name: string, value: Json): Promise<number> {
  return bucket.put(keyOf(name), encodeBody(value));
}

/** Null when another write came first. */
function replace(bucket: KV, key: string, bytes: Uint8Array, entry: number) {
  const write = entry === 0 ? bucket.create(key, bytes) : bucket.update(key, bytes, entry);
  return write.catch(noneIfConflict);
}

function decodeAll(entries: ReadonlyMap<string, KvEntry>): Map<string, Json> {
  return new Map(
    [...entries].map(([key, entry]) => [nameOf(key), decodeBody(entry.value, TRUSTED)]),
  );
}

function noneIfConflict(error: unknown): null {
  if (isConflict(error)) return null;
  throw error;
}

function isConflict(error: unknown): boolean {
  const code = error instanceof JetStreamApiError ? error.code : 0;
  return (
    code === JetStreamApiCodes.StreamWrongLastSequence ||
    code === JetStreamApiCodes.StreamWrongLastSequenceUnknown
  );
}
