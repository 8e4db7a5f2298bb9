import type { Store } from '../../bus/store/store.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import { endOf } from '../../domain/telling/change-end.ts';
import {
  endsByNow,
  type OpenChange,
  openChange,
  takeEnds,
} from '../../operations/following/ends.ts';
import type { Knowledge } from '../../operations/operation.ts';
import { lookSoon } from '../look-soon.ts';
import type { Live } from './live.ts';

/** Between two looks: reports of a thousand nodes are one. */
const LOOK_AFTER_MS = 200;
/** What is not done after this is late. */
const LATE_AFTER_MS = 600_000;

/**
 * Puts on record what became of each change, once for all controllers: the first who sees it writes it. What was
 * asked for of one that died is in the document, and so the others follow it, too.
 */
export function recordEnds(
  live: Live,
  store: Pick<Store, 'putEnd'>,
  knowledge: () => Knowledge,
): { close(): void } {
  const { clock } = live;
  const open = new Map<string, OpenChange>();
  let known = new Set<string>();
  let before: Cluster | null = null;
  const stop = live.on('document', takeOperations);
  takeOperations();
  const looking = lookSoon(live, {
    afterMs: LOOK_AFTER_MS,
    everyMs: LATE_AFTER_MS / 10,
    hasWork: () => open.size > 0,
    look: () => {
      const now = knowledge();
      for (const change of open.values()) end(now, change);
    },
  });
  return {
    close: () => {
      stop();
      looking.close();
    },
  };

  function takeOperations(): void {
    if (live.document === null) return;
    const { cluster } = live.document;
    const { operations } = cluster;
    const fresh = operations.filter(({ id, touched }) => touched.length > 0 && !known.has(id));
    for (const one of fresh) open.set(one.id, openChange(one, before, cluster, clock.nowMs()));
    known = new Set(operations.map(({ id }) => id));
    before = cluster;
  }

  function end(now: Knowledge, change: OpenChange): void {
    const { id, sinceMs } = change;
    const isLate = clock.nowMs() - sinceMs > LATE_AFTER_MS;
    if (!takeEnds(now, change) && !isLate) return;
    open.delete(id);
    // What cannot be written now is at the next look.
    void store
      .putEnd(id, endOf(endsByNow(now, change), clock.at()))
      .catch(() => open.set(id, change));
  }
}
