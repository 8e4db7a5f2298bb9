import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { refuse } from '../../domain/base/error.ts';
import { CLUSTER_FORMAT, type Cluster } from '../../domain/document/cluster.ts';
import { jsonOfCluster } from '../../domain/document/document-hash.ts';
import { share } from '../../domain/document/sharing.ts';
import { decodeBody, packText } from '../body.ts';
import { KEPT } from '../limits.ts';
import { isMissing } from './buckets.ts';
import { onReconnect } from './watch.ts';

/** A document and the number to compare with when it is set again. */
export interface StoredCluster {
  cluster: Cluster;
  entry: number;
}

export const DOCUMENT = 'document';
const STREAM = 'KV_cluster';

export interface DocumentStore {
  /** Null on a bus without state. What did not change since it was last seen is neither sent nor made again. */
  read(): Promise<StoredCluster | null>;
  /** What stands in an entry. VERSION for one that a newer kato wrote. */
  opened(entry: KvEntry): Cluster;
  /** The entry has this: what was written comes back by the watch. */
  wrote(cluster: Cluster, entry: number): void;
}

/** Opens each document once. With a thousand nodes that is 20 ms of work, and a change would be four times that. */
export function openDocument(on: {
  nats: NatsConnection;
  manager: JetStreamManager;
  clusters: KV;
}): DocumentStore {
  const { nats, manager, clusters } = on;
  let last: (StoredCluster & { stamp: string | null }) | null = null;
  /** Whatever it was: what equals a part of it is the same object again. */
  let base: Cluster | null = null;
  // A bus that was away may be another one, with the same numbers.
  void onReconnect(nats, () => {
    last = null;
  });

  const store: DocumentStore = {
    read: async () => {
      const now = await stampNow();
      if (now === null) return null;
      if (last?.entry === now.entry && (last.stamp ?? now.stamp) === now.stamp) {
        last.stamp = now.stamp;
        return { cluster: last.cluster, entry: last.entry };
      }
      const entry = await clusters.get(DOCUMENT);
      if (entry === null) return null;
      const stored = { cluster: shared(entry), entry: entry.revision };
      last = { ...stored, stamp: entry.revision === now.entry ? now.stamp : null };
      return stored;
    },
    opened: (entry) => {
      if (last?.entry === entry.revision) return last.cluster;
      const cluster = shared(entry);
      // A late one makes nothing older.
      if (last === null || last.entry < entry.revision) {
        last = { cluster, entry: entry.revision, stamp: null };
      }
      return cluster;
    },
    wrote: (cluster, entry) => {
      base = cluster;
      last = { cluster, entry, stamp: null };
    },
  };
  return store;

  function shared(entry: KvEntry): Cluster {
    base = share(base, decoded(entry));
    return base;
  }

  async function stampNow(): Promise<{ entry: number; stamp: string } | null> {
    try {
      const { created, state } = await manager.streams.info(STREAM);
      return { entry: state.last_seq, stamp: `${created} ${state.last_ts}` };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }
}

export function encodedCluster(cluster: Cluster): Uint8Array {
  return packText(jsonOfCluster(cluster)).bytes;
}

function decoded(entry: KvEntry): Cluster {
  const cluster = decodeBody(entry.value, KEPT) as unknown as Cluster;
  if (cluster.format <= CLUSTER_FORMAT) return cluster;
  throw refuse(
    'VERSION',
    'the cluster was written by a newer kato',
    `its format is ${cluster.format}, this kato knows ${CLUSTER_FORMAT}`,
    'install the same version of kato here as on the other nodes',
  );
}
