import { DeliverPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { HistoryEntry } from '../domain/history.ts';
import { decodeBody, encodeBody } from './body.ts';
import { HISTORY_STREAM } from './buckets.ts';
import { TRUSTED } from './limits.ts';
import { HISTORY_SUBJECT } from './subjects.ts';

const READ_LIMIT_MS = 2000;

export interface HistoryQuery {
  limit: number;
  /** All that a node is called; null for the history of all. */
  names: readonly string[] | null;
}

export async function appendHistory(js: JetStreamClient, entry: HistoryEntry): Promise<void> {
  await js.publish(HISTORY_SUBJECT, encodeBody(entry));
}

/** The newest `limit` entries, oldest first; with `names` those of a node that has them: what it did, and what names it. */
export async function readHistory(
  js: JetStreamClient,
  manager: JetStreamManager,
  { limit, names }: HistoryQuery,
): Promise<HistoryEntry[]> {
  const { state } = await manager.streams.info(HISTORY_STREAM);
  if (state.messages === 0) return [];
  const newest = Math.max(state.first_seq, state.last_seq - limit + 1);
  const start = names === null ? newest : state.first_seq;
  const consumer = await js.consumers.get(HISTORY_STREAM, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: start,
  });
  const count = state.last_seq - start + 1;
  const entries: HistoryEntry[] = [];
  try {
    const fetched = await consumer.fetch({ max_messages: count, expires: READ_LIMIT_MS });
    for await (const msg of fetched) {
      const entry = decodeBody(msg.data, TRUSTED) as HistoryEntry;
      if (names === null || concerns(entry, names)) entries.push(entry);
      if (msg.seq >= state.last_seq) break;
    }
  } finally {
    await consumer.delete().catch(() => {});
  }
  return entries.slice(-limit);
}

function concerns({ by, params }: HistoryEntry, names: readonly string[]): boolean {
  if (names.includes(by)) return true;
  const values = params !== null && typeof params === 'object' ? Object.values(params) : [params];
  return values.flat().some((value) => typeof value === 'string' && names.includes(value));
}
