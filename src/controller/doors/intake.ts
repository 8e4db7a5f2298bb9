import type { Admission } from '../../bus/bus.ts';
import { ADMIN, limitsOf } from '../../bus/limits.ts';
import type { Subject } from '../../bus/subjects.ts';
import { type Meter, meter, type Rate } from '../../domain/base/rate.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import type { Live } from '../state/live.ts';

/**
 * What one sender may say. A pass of an agent is a dozen reports and a command two or three requests;
 * a script may run some in a second. The status of a thousand nodes counts for 22, a router's view
 * for 40. A beat comes every 0.1 s at the fastest. A token stands for all machines that join with it at
 * once, an announcer for all components that say again what they serve.
 */
const RATES = {
  admin: { burst: 2000, perSecond: 200 },
  node: { burst: 400, perSecond: 40 },
  /** A removed node asks one question. */
  former: { burst: 20, perSecond: 1 },
  heartbeat: { burst: 60, perSecond: 20 },
  join: { burst: 200, perSecond: 40 },
  announcement: { burst: 1000, perSecond: 200 },
} satisfies { [sender: string]: Rate };
/** Who is over it is told so, as long as that costs little. */
const TOLD: Rate = { burst: 8, perSecond: 4 };
/** A large message counts for several. What is announced is host names, each of which is looked up. */
const BYTES_OF_ONE = 16 * 1024;
const ANNOUNCED_BYTES_OF_ONE = 1024;
const TELL_MS = 5000;

/** Decides about each message as it arrives, before anything of it is read. */
export interface Intake {
  admit(subject: Subject, bytes: number): Admission;
  /** An answer counts as a request does: it may be a thousand times as long. */
  answered(subject: Subject, bytes: number): void;
  close(): void;
}

/** `onDropped` is told from time to time how many messages were not taken. */
export function createIntake(
  live: Live,
  onDropped: (subject: Subject, count: number) => void,
): Intake {
  const senders = metersOf(RATES);
  const told = meter();
  const dropped = new Map<string, { subject: Subject; count: number }>();
  const { clock } = live;
  const close = clock.every(TELL_MS, () => {
    for (const { subject, count } of dropped.values()) onDropped(subject, count);
    dropped.clear();
  });
  return {
    admit: (subject, bytes) => {
      const kind = kindOf(subject, live.document?.cluster);
      const { who } = subject;
      const nowMs = clock.nowMs();
      const limits = kind === 'admin' ? ADMIN : limitsOf(subject);
      // What is larger than that is not read at all.
      const ofOne = kind === 'announcement' ? ANNOUNCED_BYTES_OF_ONE : BYTES_OF_ONE;
      const cost = 1 + Math.min(bytes, limits.bytes) / ofOne;
      if (senders[kind].takes(who, RATES[kind], cost, nowMs)) return limits;
      const line = dropped.get(who);
      if (line === undefined) dropped.set(who, { subject, count: 1 });
      else line.count++;
      return told.takes(who, TOLD, 1, nowMs) ? 'busy' : 'drop';
    },
    answered: (subject, bytes) => {
      const kind = kindOf(subject, live.document?.cluster);
      senders[kind].pays(subject.who, RATES[kind], bytes / BYTES_OF_ONE);
    },
    close,
  };
}

function metersOf<Kind extends string>(rates: { [kind in Kind]: Rate }): { [kind in Kind]: Meter } {
  const entries = Object.keys(rates).map((kind) => [kind, meter()]);
  return Object.fromEntries(entries) as { [kind in Kind]: Meter };
}

function kindOf({ kind, who }: Subject, cluster: Cluster | undefined): keyof typeof RATES {
  if (kind !== 'op' && kind in RATES) return kind as keyof typeof RATES;
  const node = cluster?.nodes[who];
  if (node === undefined) return 'former';
  return node.admin ? 'admin' : 'node';
}
