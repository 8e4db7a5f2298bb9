import * as v from 'valibot';
import type { Bus, Intake, Message } from '../../bus/bus.ts';
import type { Store } from '../../bus/store/store.ts';
import { all, heartbeat, parseSubject } from '../../bus/subjects.ts';
import { idShape, shaped, word } from '../../domain/base/shapes.ts';
import type { Json } from '../../domain/document/cluster.ts';
import {
  hear,
  heardUntil,
  judgeAll,
  restartHearing,
  startHearing,
} from '../../domain/nodes/hearing.ts';
import { type Timing, timingOf } from '../../domain/nodes/liveness.ts';
import { noteSpeaker } from '../../domain/nodes/speakers.ts';
import { nextVerdicts } from '../../domain/nodes/verdicts.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import { poolsOf } from '../../domain/traffic/pools.ts';
import { MADE, PROVEN_VERSION } from '../../operations/report.ts';
import { type Live, takeVerdicts } from '../state/live.ts';
import { VERDICTS_KEY } from '../state/reports.ts';
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
}): { restart(): void; close(): void } {
  const { bus, live } = options;
  const { clock } = live;
  const hearing = startHearing(clock.nowMs(), live.signs);
  let stopAsking: (() => void) | undefined;
  let closed = false;
  let asking = false;
  let writing = false;

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
    close: () => {
      closed = true;
      stopAsking?.();
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
    heardUntil(hearing, now, askedMs);
    judgeNow();
  }

  function judgeNow(): void {
    if (writing || live.document === null) return;
    const { cluster } = live.document;
    const alive = judgeAll(hearing, cluster, timingOf(cluster));
    const pools = poolsOf(cluster, options.catalogue, live.announced, live.verdicts.outages);
    const verdicts = nextVerdicts(cluster, pools, live.verdicts, alive, clock.epochMs());
    if (JSON.stringify(verdicts) !== JSON.stringify(live.verdicts)) void write(verdicts);
  }

  /** A verdict that could not be written is reached again from the same silence. */
  async function write(verdicts: Live['verdicts']): Promise<void> {
    writing = true;
    const entry = await options.store
      .replaceObserved(VERDICTS_KEY, verdicts as unknown as Json, live.verdictsEntry)
      .catch(() => null);
    if (entry !== null) takeVerdicts(live, verdicts, entry);
    writing = false;
  }

  function timing(): Timing | null {
    return live.document === null ? null : timingOf(live.document.cluster);
  }
}
