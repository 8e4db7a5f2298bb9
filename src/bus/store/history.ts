import { randomBytes } from 'node:crypto';
import { DeliverPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import type { ChangeEnd } from '../../domain/telling/change-end.ts';
import { type HistoryEntry, merged, summed } from '../../domain/telling/history.ts';
import { decodeBody, encodeBody } from '../body.ts';
import { TRUSTED } from '../limits.ts';
import { HISTORY_SUBJECT, historyOf } from '../subjects.ts';
import {
  cachedBucket,
  HISTORY_OF_NODES_STREAM,
  HISTORY_STREAM,
  infoOf,
  noneIfMissing,
} from './buckets.ts';
import { keyOf, nameOf } from './keys.ts';

const READ_LIMIT_MS = 5000;
/** In parts: the bus cuts off a client that has much more waiting than it reads. */
const PART_BYTES = 2 * 1024 * 1024;
const PART_LIMIT_MS = 1000;

export interface HistoryQuery {
  limit: number;
  /** How the id of the one begins that is asked for; absent for all. */
  id?: string;
  /** All that a node is called; null for the history of all. */
  names: readonly string[] | null;
}

/** Who asked for what: what was done in streams, what was refused as counters. */
export interface History {
  /**
   * `plainNode` is the id of one that is no admin: what such a node does to itself is kept apart, so
   * that it can push out nothing but its own.
   */
  append(entry: HistoryEntry, plainNode: string | null): Promise<void>;
  /** Sets the line that this connection keeps under a key. */
  putRefusal(key: string, entry: HistoryEntry): Promise<void>;
  /** What became of an operation; one that is there stays. */
  putEnd(id: string, end: ChangeEnd): Promise<void>;
  /** With `names` what a node that has them did, and what names it. */
  read(query: HistoryQuery): Promise<HistoryEntry[]>;
}

export function openHistory(on: {
  js: JetStreamClient;
  manager: JetStreamManager;
  refusals: KV;
  ends: KV;
}): History {
  const { js, manager, refusals, ends } = on;
  const own = randomBytes(4).toString('hex');
  const allRefusals = cachedBucket(manager, refusals, 'refusals');
  let last: Promise<unknown> = Promise.resolve();
  return {
    append: async (entry, plainNode) => {
      const subject = plainNode === null ? HISTORY_SUBJECT : historyOf(plainNode);
      await js.publish(subject, encodeBody(entry));
    },
    putRefusal: async (key, entry) => {
      await refusals.put(keyOf(`${key}/${own}`), encodeBody(entry));
    },
    putEnd: async (id, end) => {
      await ends.create(keyOf(id), encodeBody(end));
    },
    // Each reading is large: when many ask at once they are served one after the other.
    read: (query) => {
      const next = last.then(() => read(query));
      last = next.catch(() => undefined);
      return next;
    },
  };

  async function read({ limit, names, id = '' }: HistoryQuery): Promise<HistoryEntry[]> {
    const places = [summed([...(await allRefusals())].map(([key, kept]) => kindOf(key, kept)))];
    for (const stream of [HISTORY_STREAM, HISTORY_OF_NODES_STREAM]) {
      const count = names === null && id === '' ? limit : Number.POSITIVE_INFINITY;
      places.push(await readStream(js, manager, stream, count));
    }
    const asked = (entry: HistoryEntry): boolean =>
      (names === null || concerns(entry, names)) && (entry.id ?? '').startsWith(id);
    const entries = merged(
      places.map((all) => all.filter(asked)),
      limit,
    );
    return Promise.all(entries.map(withEnd));
  }

  async function withEnd(entry: HistoryEntry): Promise<HistoryEntry> {
    if (entry.id === undefined || entry.touched === undefined) return entry;
    const end = await ends.get(keyOf(entry.id)).catch(noneIfMissing);
    if (end?.operation !== 'PUT') return entry;
    return { ...entry, end: decodeBody(end.value, TRUSTED) as ChangeEnd };
  }
}

/** A refusal and its kind, whichever controllers counted it. */
function kindOf(key: string, { value }: KvEntry): { kind: string; entry: HistoryEntry } {
  const name = nameOf(key);
  const entry = decodeBody(value, TRUSTED) as HistoryEntry;
  return { kind: name.slice(0, name.lastIndexOf('/')), entry };
}

/** The newest entries of a stream; one that an older kato did not make has none. */
async function readStream(
  js: JetStreamClient,
  manager: JetStreamManager,
  stream: string,
  limit: number,
): Promise<HistoryEntry[]> {
  const info = await infoOf(manager, stream);
  if (info === null || info.state.messages === 0) return [];
  const { first_seq, last_seq, bytes, messages } = info.state;
  const partMessages = Math.max(1, Math.floor((PART_BYTES * messages) / bytes));
  const start = Math.max(first_seq, last_seq - limit + 1);
  const consumer = await js.consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: start,
  });
  const entries: HistoryEntry[] = [];
  try {
    const deadline = performance.now() + READ_LIMIT_MS;
    for (let seq = start - 1; seq < last_seq && performance.now() < deadline; ) {
      const count = Math.min(partMessages, last_seq - seq);
      const part = await consumer.fetch({ max_messages: count, expires: PART_LIMIT_MS });
      for await (const msg of part) {
        entries.push(decodeBody(msg.data, TRUSTED) as HistoryEntry);
        seq = msg.seq;
        if (seq >= last_seq) break;
      }
    }
  } finally {
    await consumer.delete().catch(() => {});
  }
  return entries;
}

function concerns({ by, params }: HistoryEntry, names: readonly string[]): boolean {
  if (names.includes(by)) return true;
  const values = params !== null && typeof params === 'object' ? Object.values(params) : [params];
  return values.flat().some((value) => typeof value === 'string' && names.includes(value));
}
