import type { Store } from '../../bus/store/store.ts';
import type { ErrorCode } from '../../domain/base/error-codes.ts';
import type { Json, Node, OperationRecord } from '../../domain/document/cluster.ts';
import { type HistoryEntry, shortParams, tally } from '../../domain/telling/history.ts';
import type { Clock } from '../clock.ts';

/** The first of a kind is written at once, further ones as often as this. */
const WRITE_MS = 5000;

/** Who asked, and for what. */
export interface Note {
  at: string;
  /** What the history calls the asker. */
  by: string;
  operation: string;
  params: Json;
}

/** What a change came to in the document. */
export type Landed = Pick<OperationRecord, 'id' | 'revision' | 'touched'>;

/** What the history keeps. It undoes nothing where it cannot be written. */
export interface Records {
  /** `node` is who asked, where that is one. */
  done(note: Note, landed: Landed, node: Node | null): Promise<void>;
  /** Counted, not kept one by one. `asker` is the id of a node or a token. */
  refused(note: Note, code: ErrorCode, asker: string, count?: number): void;
  close(): Promise<void>;
}

export function keepRecords(store: Store, clock: Clock): Records {
  const { add } = tally();
  const unwritten = new Map<string, HistoryEntry>();
  const stop = clock.every(WRITE_MS, writeAll);
  return {
    done: async (note, { id, revision, touched }, node) => {
      const about = touched.length === 0 ? {} : { touched: touched.length };
      const params = shortParams(note.params);
      const entry = { ...note, params, outcome: 'done', revision, id, ...about };
      const plainNode = node === null || node.admin ? null : node.id;
      await store.appendHistory(entry, plainNode).catch(() => undefined);
    },
    refused: ({ params, ...note }, code, asker, count = 1) => {
      const { key, entry } = add({ ...note, params: shortParams(params), code, asker }, count);
      if (entry.count === count) void write(key, entry);
      else unwritten.set(key, entry);
    },
    close: async () => {
      stop();
      await writeAll();
    },
  };

  async function writeAll(): Promise<void> {
    const entries = [...unwritten];
    unwritten.clear();
    await Promise.all(entries.map(([key, entry]) => write(key, entry)));
  }

  function write(key: string, entry: HistoryEntry): Promise<void> {
    return store.putRefusal(key, entry).catch(() => undefined);
  }
}
