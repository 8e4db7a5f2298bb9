import { READY_KEY, VERDICTS_KEY } from '../../src/controller/state/reports.ts';
import type { ErrorRecord } from '../../src/domain/base/error-codes.ts';
import type { Cluster, Json } from '../../src/domain/document/cluster.ts';
import type { Ready } from '../../src/domain/nodes/ready.ts';
import type { Verdicts } from '../../src/domain/nodes/verdicts.ts';
import type { Member } from './member.ts';
import type { Chance } from './time.ts';

/** What the bus keeps on its disk, set by compare-and-set. */
export interface Kept<T> {
  value: T;
  entry: number;
}

export type Reply = { ok: Json } | { error: ErrorRecord };

export interface Subscription {
  member: Member;
  subject: string;
  queue: string | undefined;
  /** Of the member's connection that the bus knows it by. */
  connection: number | null;
  /** The body as its text. */
  deliver(subject: string, text: string, reply: (answer: Reply) => void): void;
}

export type Bucket = 'cluster' | 'observed' | 'secrets';

export interface Watch {
  member: Member;
  bucket: Bucket;
  connection: number;
  hint(key: string, kept: Kept<Json>): void;
}

/** The bus: it passes on what is said, and keeps what controllers share. */
export interface Server {
  up: boolean;
  readonly members: Member[];
  readonly subscriptions: Set<Subscription>;
  readonly watches: Set<Watch>;
  readonly buckets: Record<Bucket, Map<string, Kept<Json>>>;
  readonly cluster: Kept<Cluster>;
  readonly verdicts: Kept<Verdicts | null>;
  readonly ready: Kept<Ready | null>;
  /** To all who listen, one of each queue; how many that were. */
  publish(subject: string, body: Json, reply?: (answer: Reply) => void): number;
  /** The new entry; null when another came first. Null as a value deletes. */
  write(write: Write): number | null;
  /** All connections end, and there are no new ones until `restore`. */
  crash(): void;
  restore(): void;
}

export interface Write {
  bucket: Bucket;
  key: string;
  value: Json;
  /** Undefined: whatever is there. */
  entry?: number;
  /** Who writes, and until when it had heard all. */
  writer: Writer;
}

export interface Writer {
  by: string;
  heardMs: number;
}

/** Told each write before it counts: the place for invariants. */
export interface Watched {
  cluster(before: Cluster, after: Cluster): void;
  verdicts(before: Verdicts | null, after: Verdicts, cluster: Cluster, writer: Writer): void;
  said(subject: string): void;
}

export const DOCUMENT = 'document';

export function createServer(first: Cluster, watched: Watched, chance: Chance): Server {
  let sequence = 1;
  const buckets: Server['buckets'] = {
    cluster: new Map([[DOCUMENT, { value: first as unknown as Json, entry: 1 }]]),
    observed: new Map(),
    secrets: new Map(),
  };
  const keptOf = <T>(bucket: Bucket, key: string) =>
    (buckets[bucket].get(key) ?? { value: null, entry: 0 }) as unknown as Kept<T>;
  const server: Server = {
    up: true,
    members: [],
    subscriptions: new Set(),
    watches: new Set(),
    buckets,
    get cluster() {
      return keptOf<Cluster>('cluster', DOCUMENT);
    },
    get verdicts() {
      return keptOf<Verdicts | null>('observed', VERDICTS_KEY);
    },
    get ready() {
      return keptOf<Ready | null>('observed', READY_KEY);
    },
    publish: (subject, body, reply = () => undefined) => {
      watched.said(subject);
      const text = JSON.stringify(body);
      const listening = [...server.subscriptions].filter(
        (one) => one.connection === one.member.connection && matches(one.subject, subject),
      );
      const alone = listening.filter(({ queue }) => queue === undefined);
      const queues = Map.groupBy(
        listening.filter(({ queue }) => queue !== undefined),
        ({ queue }) => queue,
      );
      const hearing = [...alone, ...[...queues.values()].map((queue) => chance.pick(queue))];
      for (const { member, deliver } of hearing) {
        member.receive(() => deliver(subject, text, reply));
      }
      return hearing.length;
    },
    write: ({ bucket, key, value, entry, writer }) => {
      const now = keptOf<Json>(bucket, key);
      if (entry !== undefined && entry !== now.entry) return null;
      const { cluster } = server;
      if (bucket === 'cluster') watched.cluster(cluster.value, value as unknown as Cluster);
      if (bucket === 'observed' && key === VERDICTS_KEY) {
        const before = now.value as unknown as Verdicts | null;
        watched.verdicts(before, value as unknown as Verdicts, cluster.value, writer);
      }
      const kept = { value, entry: ++sequence };
      if (value === null) buckets[bucket].delete(key);
      else buckets[bucket].set(key, kept);
      for (const watch of server.watches) {
        if (watch.bucket !== bucket || watch.connection !== watch.member.connection) continue;
        watch.member.receive(() => watch.hint(key, kept));
      }
      return kept.entry;
    },
    crash: () => {
      server.up = false;
      for (const member of server.members) member.drop();
    },
    restore: () => {
      server.up = true;
    },
  };
  return server;
}

/** As it crosses a wire: nobody holds what another one has. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Patterns are few, and are asked about with each message. */
const known = new Map<string, RegExp>();

function matches(pattern: string, subject: string): boolean {
  const made =
    known.get(pattern) ??
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+').replace(/>$/, '.+')}$`);
  known.set(pattern, made);
  return made.test(subject);
}
