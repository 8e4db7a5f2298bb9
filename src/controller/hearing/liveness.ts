import * as v from 'valibot';
import type { Bus, Intake, Message } from '../../bus/bus.ts';
import type { Store } from '../../bus/store/store.ts';
import { all, heartbeat, parseSubject } from '../../bus/subjects.ts';
import { idShape, shaped, word } from '../../domain/base/shapes.ts';
import type { Cluster, Json } from '../../domain/document/cluster.ts';
import type { Report } from '../../domain/making/step.ts';
import {
  hear,
  heardUntil,
  judgeAll,
  restartHearing,
  startHearing,
} from '../../domain/nodes/hearing.ts';
import { type Timing, timingOf } from '../../domain/nodes/liveness.ts';
import { lastOfBoot } from '../../domain/nodes/presence.ts';
import { nextReady, servingNow } from '../../domain/nodes/serving.ts';
import { noteSpeaker } from '../../domain/nodes/speakers.ts';
import { nextVerdicts } from '../../domain/nodes/verdicts.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import { rolesServing } from '../../domain/roles/roles.ts';
import { type Pool, poolsOf } from '../../domain/traffic/pools.ts';
import { MADE, PROVEN_VERSION } from '../../operations/report.ts';
import { type Live, takeReady, takeVerdicts, verdictsNumber } from '../state/live.ts';
import { READY_KEY, VERDICTS_KEY } from '../state/reports.ts';
import { voices } from './displaced.ts';
import { hearApart } from './hearing-apart.ts';

/**
 * What a heartbeat says besides "I am here": the newest version of the cluster that the node has
 * heard of, whether it shuts down in order: silence from then on is expected, which life of its
 * machine it is of: a copy of the machine has another one, and what it has.
 */
export type Heartbeat = v.InferOutput<typeof HEARTBEAT>;

const HEARTBEAT = v.object({
  version: v.nullable(PROVEN_VERSION),
  leaving: v.boolean(),
  instance: v.exactOptional(idShape('an instance')),
  have: v.exactOptional(v.object({ content: word, made: MADE })),
});

/** Judged this many times in an interval, so that a verdict is late by a fraction of one. */
const JUDGED_PER_INTERVAL = 4;
const JUDGE_MS_MIN = 50;
/** Reports come in crowds, as after a start of the bus. */
const GATHER_MS = 10;

/**
 * Hears heartbeats and judges by their age. `restart` says that the bus was away. A verdict counts
 * once it is written, by compare-and-set: a controller that knows less never undoes another's.
 */
export function watchLiveness(options: {
  bus: Bus;
  store: Store;
  live: Live;
  catalogue: Catalogue;
  /** Also of a node that is not in the document at hand. */
  onHeartbeat(nodeId: string, beat: Heartbeat): void;
  admit: NonNullable<Intake['admit']>;
  signal: AbortSignal;
}): { restart(): void; judge(): void; close(): void } {
  const { bus, live, catalogue } = options;
  const { clock } = live;
  const hearing = startHearing(clock.nowMs(), live.signs);
  let stopAsking: (() => void) | undefined;
  let stopGathering: (() => void) | undefined;
  let closed = false;
  let asking = false;
  let pooled: { from: readonly unknown[]; pools: readonly Pool[] } | undefined;
  const writing = new Set<string>();

  hearApart({
    ...{ live, signal: options.signal, admit: options.admit },
    speakers: ({ nodes }) => Object.keys(nodes),
    listen: (who, admit) => {
      return bus.subscribe(who === null ? all.heartbeats : heartbeat(who), heardBeat, { admit });
    },
  });
  schedule();
  return {
    restart: () => restartHearing(hearing, clock.nowMs()),
    judge: () => {
      stopGathering ??= clock.after(GATHER_MS, () => {
        stopGathering = undefined;
        judgeNow();
      });
    },
    close: () => {
      closed = true;
      stopAsking?.();
      stopGathering?.();
    },
  };

  function heardBeat(message: Message): void {
    const subject = parseSubject(message.subject);
    if (subject?.kind !== 'heartbeat') return;
    const beat = shaped(HEARTBEAT, message.body).value;
    if (beat === null) return;
    options.onHeartbeat(subject.who, beat);
    const node = live.document?.cluster.nodes[subject.who];
    if (node === undefined) return;
    const { instance = '', leaving } = beat;
    hear(hearing, node.id, leaving, clock.nowMs());
    noteSpeaker(live.speakers, node.id, { instance, leaving }, clock.nowMs());
    if (beat.leaving || live.verdicts.silent[node.id] !== undefined) judgeNow();
  }

  function schedule(): void {
    const now = timing();
    const everyMs = now === null ? 0 : now.intervalMs / JUDGED_PER_INTERVAL;
    stopAsking = clock.after(Math.max(JUDGE_MS_MIN, everyMs), () => {
      askBus().catch((error: Error) => process.emitWarning(error));
      if (!closed) schedule();
    });
  }

  /** Without an answer nobody is judged: the silence may be this controller's own. */
  async function askBus(): Promise<void> {
    const now = timing();
    if (asking || now === null) return;
    asking = true;
    const askedMs = clock.nowMs();
    const answered = await bus.rtt().then(
      () => true,
      () => false, // the bus is away: its return restarts the hearing
    );
    asking = false;
    if (!answered) return;
    heardUntil(hearing, now, askedMs, clock.nowMs());
    judgeNow();
  }

  function judgeNow(): void {
    if (live.document === null) return;
    const { cluster } = live.document;
    const { ready: wasReady = {}, ...before } = live.verdicts;
    const alive = judgeAll(hearing, cluster, timingOf(cluster));
    const known = { reports: live.reports, voicesOf: voices(live) };
    const reportOf = (id: string): Report | null => lastOfBoot(known, id).report;
    const pools = poolsNow(cluster);
    const verdicts = nextVerdicts(cluster, pools, before, alive, clock.epochMs(), (node, pool) => {
      const role = rolesServing(catalogue, pool).find((name) => name in node.roles) ?? '';
      return servingNow(cluster, catalogue, node, role, reportOf(node.id));
    });
    const ready = nextReady(cluster, catalogue, wasReady, {
      reportOf,
      hasLeft: (id) => verdicts.silent[id]?.state === 'left',
      number: verdictsNumber(live) + 1,
    });
    if (JSON.stringify(verdicts) !== JSON.stringify(before)) {
      void write(VERDICTS_KEY, verdicts, live.verdictsEntry, takeVerdicts);
    }
    if (JSON.stringify(ready) !== JSON.stringify(wasReady)) {
      void write(READY_KEY, ready, live.readyEntry, takeReady);
    }
  }

  /** Made anew only where something has changed: it is judged twice a second, and there may be thousands. */
  function poolsNow(cluster: Cluster): readonly Pool[] {
    const from = [cluster, live.announced, live.verdicts];
    if (pooled === undefined || from.some((one, i) => one !== pooled!.from[i])) {
      pooled = { from, pools: poolsOf(cluster, catalogue, live.announced, live.verdicts) };
    }
    return pooled.pools;
  }

  /** A verdict that could not be written is reached again from the same silence. */
  async function write<Value>(
    key: string,
    value: Value,
    before: number,
    take: (live: Live, value: Value, entry: number) => void,
  ): Promise<void> {
    if (writing.has(key)) return;
    writing.add(key);
    const entry = await options.store
      .replaceObserved(key, value as unknown as Json, before)
      .catch(() => null);
    writing.delete(key);
    if (entry !== null) take(live, value, entry);
  }

  function timing(): Timing | null {
    return live.document === null ? null : timingOf(live.document.cluster);
  }
}
