import * as v from 'valibot';
import type { Bus } from '../bus/bus.ts';
import type { Store } from '../bus/store.ts';
import { all, parseSubject } from '../bus/subjects.ts';
import type { Json } from '../domain/cluster.ts';
import { type Alive, judge, type Timing, timingOf } from '../domain/liveness.ts';
import { poolsOf } from '../domain/pools.ts';
import type { Catalogue } from '../domain/role.ts';
import { nextVerdicts } from '../domain/verdicts.ts';
import type { Live } from './live.ts';

/** What a heartbeat says besides "I am here". `leaving`: silence from now on is expected. */
export type Heartbeat = v.InferOutput<typeof HEARTBEAT>;

const HEARTBEAT = v.object({ revision: v.number(), lineage: v.string(), leaving: v.boolean() });

/** Null for what no agent of kato says. */
function heartbeatOf(body: Json): Heartbeat | null {
  const parsed = v.safeParse(HEARTBEAT, body);
  return parsed.success ? parsed.output : null;
}

/** Judged this many times in an interval, so that a verdict is late by a fraction of one. */
const JUDGED_PER_INTERVAL = 4;
const JUDGE_MS_MIN = 50;

/**
 * Hears heartbeats and judges by their age. Judges nobody after its own start, a lost bus, or a
 * timer that fired late by more than an interval (it was frozen), until it has listened long enough.
 * `restart` says that the bus was away.
 */
export function watchLiveness(options: {
  bus: Bus;
  store: Store;
  live: Live;
  catalogue: Catalogue;
  onHeartbeat(nodeId: string, beat: Heartbeat): void;
}): { restart(): void; close(): void } {
  const { live } = options;
  const leaving = new Set<string>();
  let listeningMs = performance.now();
  let lastJudgedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  options.bus.subscribe(all.heartbeats, (message) => {
    const subject = parseSubject(message.subject);
    if (subject?.kind !== 'heartbeat') return;
    const node = live.document?.cluster.nodes[subject.who];
    if (node === undefined) return;
    const beat = heartbeatOf(message.body);
    if (beat === null) return;
    live.signs.set(node.id, performance.now());
    if (beat.leaving) leaving.add(node.id);
    else leaving.delete(node.id);
    if (beat.leaving || live.verdicts.silent[node.id] !== undefined) judgeAll();
    options.onHeartbeat(node.id, beat);
  });
  schedule();
  return {
    restart: () => {
      listeningMs = performance.now();
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };

  function schedule(): void {
    const now = timing();
    timer = setTimeout(
      () => {
        judgeAll();
        if (!closed) schedule();
      },
      now === null ? JUDGE_MS_MIN : judgeEveryMs(now),
    );
  }

  function judgeAll(): void {
    const nowMs = performance.now();
    const now = timing();
    if (now === null || live.document === null) return;
    if (nowMs - lastJudgedMs > judgeEveryMs(now) + now.intervalMs) listeningMs = nowMs;
    lastJudgedMs = nowMs;
    if (!options.bus.connected) return;
    const { cluster } = live.document;
    const alive = new Map<string, Alive | 'left'>();
    for (const id of Object.keys(cluster.nodes)) {
      const state = judge(now, nowMs, listeningMs, live.signs.get(id));
      alive.set(id, leaving.has(id) ? 'left' : state);
    }
    const pools = poolsOf(cluster, options.catalogue, live.announced, live.verdicts.outages);
    const verdicts = nextVerdicts(cluster, pools, live.verdicts, alive, Date.now());
    if (JSON.stringify(verdicts) === JSON.stringify(live.verdicts)) return;
    live.verdicts = verdicts;
    live.changed('verdicts');
    // A verdict that could not be kept is reached again from the same silence.
    options.store.putObserved('verdicts', verdicts as unknown as Json).catch(() => undefined);
  }

  function timing(): Timing | null {
    return live.document === null ? null : timingOf(live.document.cluster);
  }
}

function judgeEveryMs(timing: Timing): number {
  return Math.max(JUDGE_MS_MIN, timing.intervalMs / JUDGED_PER_INTERVAL);
}
