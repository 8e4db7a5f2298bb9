import type { Bus } from '../bus/bus.ts';
import { ask, VERSIONS, wake } from '../bus/subjects.ts';
import { isBehind, isSame } from '../domain/views/made.ts';
import type { Heartbeat } from './hearing/liveness.ts';
import type { ContentsNow } from './state/contents.ts';
import type { Live } from './state/live.ts';

/** Changes are gathered: a wake-up waits for silence of this length ... */
const GATHER_MS = 100;
/** ... but no longer than this in all. */
const GATHER_MS_MAX = 1000;
/** News reach every node, so that of many changes in a row are one. */
const NEWS_MS = 250;
/** Who only keeps the document has it soon enough, and the first of many changes at once. */
const KEEPERS_MS = 250;
/** Nodes that missed the news, and have not just had them on the way, get them again, all at once. */
const AGAIN_MS = 1000;
/** Timers of Node have no more. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export interface Waker {
  /** Makes a lost wake-up good: a heartbeat shows it. */
  repair(nodeId: string, beat: Heartbeat): void;
  close(): void;
}

/** What a node was last woken for. */
interface Sent {
  content: string;
  actedOn: string;
}

/**
 * Wakes the nodes whose content has changed, and no others: they hear of a new version as news, which
 * costs them nothing.
 */
export function wakeNodes(options: {
  bus: Bus;
  live: Live;
  contents: () => ContentsNow;
  log(line: string): void;
}): Waker {
  const { bus, live, contents } = options;
  const { clock } = live;
  const sent = new Map<string, Sent>();
  const faults = new Map<string, string>();
  let stopGathering: (() => void) | undefined;
  let stopEnding: (() => void) | undefined;
  let stopNews: (() => void) | undefined;
  let stopKeepers: (() => void) | undefined;
  let keepersMs = Number.NEGATIVE_INFINITY;
  let waitingSinceMs: number | null = null;
  let told = '';
  let toldMs = Number.NEGATIVE_INFINITY;

  const wakeNow = (): void => {
    stopGathering?.();
    stopKeepers?.();
    stopKeepers = undefined;
    waitingSinceMs = null;
    if (live.document === null) return;
    const { contentOf, actedOn, version, until } = contents();
    const nowMs = clock.nowMs();
    const restMs = keepersMs + KEEPERS_MS - nowMs;
    for (const id of Object.keys(live.document.cluster.nodes)) {
      const was = sent.get(id);
      if (was?.content === contentOf(id)) continue;
      if (was?.actedOn === actedOn(id)) {
        if (restMs > 0) {
          stopKeepers ??= clock.after(restMs, wakeNow);
          continue;
        }
        keepersMs = nowMs;
      }
      wakeOne(id);
    }
    for (const id of [...sent.keys()].filter((known) => !(known in live.document!.cluster.nodes))) {
      // Removed: it finds out when it asks, while the bus still knows it.
      sent.delete(id);
      bus.publish(wake(id), null);
    }
    if (version.hash !== told) newsIn(NEWS_MS);
    stopEnding?.();
    if (until === null) return;
    const leftMs = Math.max(0, Date.parse(until) - clock.epochMs());
    stopEnding = clock.after(Math.min(TIMER_MS_MAX, leftMs + 1), wakeNow);
  };
  /** A person waits for a change of the document; liveness and routes come in crowds. */
  const gather = (): void => {
    waitingSinceMs ??= clock.nowMs();
    const leftMs = waitingSinceMs + GATHER_MS_MAX - clock.nowMs();
    stopGathering?.();
    stopGathering = clock.after(Math.max(0, Math.min(GATHER_MS, leftMs)), wakeNow);
  };
  const stops = [
    live.on('document', wakeNow),
    live.on('verdicts', gather),
    live.on('announced', gather),
    live.on('secrets', gather),
  ];
  wakeNow();
  return {
    repair: (id, { version: seen, have }) => {
      if (live.document === null || !(id in live.document.cluster.nodes)) return;
      const { version } = live.document;
      const isNew = seen?.lineage === version.lineage && seen.revision >= version.revision;
      if (have === undefined) {
        // An agent of 0.1.0 takes each version as a view.
        if (!isNew) bus.publish(wake(id), null);
        return;
      }
      const { contentOf, made } = contents();
      const content = contentOf(id);
      if (have.content !== content && isBehind(have.made, made)) {
        wakeOne(id);
      } else if (!isNew && clock.nowMs() - toldMs > AGAIN_MS) newsIn(AGAIN_MS);
      const isFault = have.content !== content && isSame(have.made, made);
      if (!isFault || faults.get(id) === have.content) return;
      faults.set(id, have.content);
      options.log(
        `${id} has a different view than this controller makes from the same state: a bug in kato`,
      );
    },
    close: () => {
      for (const stop of [stopGathering, stopEnding, stopNews, stopKeepers, ...stops]) stop?.();
    },
  };

  function wakeOne(id: string): void {
    const { contentOf, actedOn } = contents();
    sent.set(id, { content: contentOf(id), actedOn: actedOn(id) });
    bus.publish(wake(id), null);
  }

  function newsIn(ms: number): void {
    stopNews ??= clock.after(ms, tellNews);
  }

  function tellNews(): void {
    stopNews = undefined;
    if (live.document === null) return;
    const { version } = contents();
    told = version.hash;
    toldMs = clock.nowMs();
    bus.publish(ask(VERSIONS), { version: { ...version } });
  }
}
