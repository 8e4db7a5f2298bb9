import type { Store } from '../../src/bus/store/store.ts';
import type { Cluster, Json } from '../../src/domain/document/cluster.ts';
import type { ChangeEnd } from '../../src/domain/telling/change-end.ts';
import type { HistoryEntry } from '../../src/domain/telling/history.ts';
import type { Member } from './member.ts';
import { type Bucket, copyOf, DOCUMENT, type Kept, type Server, type Write } from './server.ts';

const STORE_MS = 1000;
const RESYNC_MS = 30_000;
const RETRY_MS = 500;

export interface SimulatedStore extends Store {
  /** The connection is back: all is read again. */
  resync(): void;
}

/** The `Store` of a controller on the simulated server. */
export function storeOn(
  server: Server,
  member: Member,
  options: { heardMs(): number; onLanded(bucket: Bucket): void },
): SimulatedStore {
  const resyncs: (() => void)[] = [];
  const ask = <T>(atBus: () => T): Promise<T> =>
    member.ask<T>((answer) => answer(copyOf(atBus())), STORE_MS);
  const write = (what: Omit<Write, 'writer'>): Promise<number | null> => {
    const writer = { by: member.name, heardMs: options.heardMs() };
    const value = copyOf(what.value);
    return ask(() => {
      const entry = server.write({ ...what, value, writer });
      if (entry !== null) options.onLanded(what.bucket);
      return entry;
    });
  };
  const read = (bucket: Bucket) => ask(() => [...server.buckets[bucket]]);
  const put = (bucket: Bucket, key: string, value: Json) =>
    write({ bucket, key, value }) as Promise<number>;

  const store: SimulatedStore = {
    ...notSimulated,
    resync: () => {
      for (const resync of resyncs) resync();
    },
    upgradeState: async () => undefined,
    readCluster: async () => {
      const { value, entry } = await ask(() => server.cluster);
      return { cluster: value, entry };
    },
    writeCluster: (cluster, entry) =>
      write({ bucket: 'cluster', key: DOCUMENT, value: cluster as unknown as Json, entry }),
    watchCluster: (tell) =>
      watch('cluster', (_key, value, entry) => tell(value as unknown as Cluster, entry)),
    putObserved: async (key, value) => void (await put('observed', key, value)),
    replaceObserved: (key, value, entry) => write({ bucket: 'observed', key, value, entry }),
    deleteObserved: async (key) => void (await put('observed', key, null)),
    watchObserved: (tell) => watch('observed', tell),
    getSecret: async (name) =>
      (await ask(() => (server.buckets.secrets.get(name)?.value as string) ?? null)) ?? null,
    putSecret: (name, value) => put('secrets', name, value),
    addSecret: (name, value) => write({ bucket: 'secrets', key: name, value, entry: 0 }),
    deleteSecret: async (name, entry) =>
      void (await write({
        bucket: 'secrets',
        key: name,
        value: null,
        ...(entry === undefined ? {} : { entry }),
      })),
    watchSecrets: (tell) =>
      watch('secrets', (name, value, entry) => tell(name, entry, value === null)),
    listSecrets: async (prefix) => {
      const entries = (await read('secrets')).filter(([name]) => name.startsWith(prefix));
      return Object.fromEntries(entries.map(([name, { value }]) => [name, value as string]));
    },
    appendHistory: async (entry) => void (await ask(() => history.push(entry))),
    putRefusal: async () => void (await ask(() => null)),
    putEnd: async (id, end) => void (await ask(() => ends.has(id) || ends.set(id, end))),
    readHistory: async () => history,
  };
  const history: HistoryEntry[] = [];
  const ends = new Map<string, ChangeEnd>();
  return store;

  /** Tells all there is, then what is new: by hints, after each reconnection, and at times. */
  async function watch(
    bucket: Bucket,
    tell: (key: string, value: Json, entry: number) => void,
  ): Promise<void> {
    const told = new Map<string, number>();
    const take = (key: string, { value, entry }: Kept<Json>): void => {
      if (entry <= (told.get(key) ?? 0)) return;
      told.set(key, entry);
      tell(key, value, entry);
    };
    const resync = async (): Promise<void> => {
      const before = new Map(told);
      const now = await read(bucket);
      const gone = [...before].filter(([key]) => !now.some(([known]) => known === key));
      for (const [key, entry] of gone) {
        if (told.get(key) !== entry) continue;
        told.delete(key);
        tell(key, null, entry);
      }
      for (const [key, kept] of now) take(key, kept);
    };
    const follow = (): void => {
      const { connection } = member;
      member.send(() =>
        server.watches.add({
          ...{ member, bucket, connection },
          hint: (key, kept) => take(key, copyOf(kept)),
        }),
      );
    };
    const again = (): Promise<void> =>
      resync().catch(() => member.later(RETRY_MS, () => void again()));
    const atTimes = (): void => {
      member.later(RESYNC_MS, () => {
        resync().catch(() => undefined);
        atTimes();
      });
    };
    await resync();
    follow();
    atTimes();
    resyncs.push(() => {
      void again();
      follow();
    });
  }
}

/** What only setup, recovery and reading commands ask for. */
const never = (): never => {
  throw new Error('this is not part of the simulation');
};
const notSimulated = {
  createState: never,
  loadedStreams: never,
  replaceState: never,
  allObserved: never,
};
