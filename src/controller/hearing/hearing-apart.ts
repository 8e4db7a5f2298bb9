import type { Admission, Intake } from '../../bus/bus.ts';
import type { Subject } from '../../bus/subjects.ts';
import { meter, type Rate } from '../../domain/base/rate.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import type { Live } from '../state/live.ts';

type Admit = NonNullable<Intake['admit']>;

/**
 * What is not taken of one speaker before he is left unheard: so many messages, or four megabytes. It
 * takes some milliseconds to drop them.
 */
const REFUSED: Rate = { burst: 1000, perSecond: 1000 };
const BYTES_OF_ONE = 4096;
/** Twice as long with each flood. */
const UNHEARD_MS = 1000;
const UNHEARD_MS_MAX = 8000;
/** After the last flood, until all are heard on one subscription again. */
const CALM_MS = 20_000;

/**
 * Hears everybody on one subscription, until one of them floods: what he says is then in front of what
 * the others say, even where it is dropped unread. From then on each is heard on a subscription of his
 * own, and who floods on none for some seconds: the bus drops what nobody hears, which costs a
 * controller nothing.
 */
export function hearApart(options: {
  live: Live;
  /** Who may speak here. Others are heard only as long as nobody floods. */
  speakers: (cluster: Cluster) => readonly string[];
  admit: Admit;
  /** Subscribes to one speaker, or to all of them; returns what ends it. */
  listen: (who: string | null, admit: Admit) => () => void;
  signal: AbortSignal;
}): void {
  const { live, listen, signal } = options;
  const refused = meter();
  const heard = new Map<string, () => void>();
  const unheard = new Set<string>();
  const floods = new Map<string, number>();
  let stopAll: (() => void) | null = listen(null, admit);
  let stopCalm: (() => void) | undefined;
  live.on('document', () => {
    if (stopAll === null) hearEach();
  });

  function admit(subject: Subject, bytes: number): Admission {
    const admission = options.admit(subject, bytes);
    const isTaken = typeof admission === 'object' && bytes <= admission.bytes;
    if (isTaken || admission === 'busy') return admission;
    const cost = 1 + bytes / BYTES_OF_ONE;
    if (!refused.takes(subject.who, REFUSED, cost, live.clock.nowMs())) leave(subject.who);
    return admission;
  }

  function leave(who: string): void {
    if (unheard.has(who)) return;
    unheard.add(who);
    hearEach();
    stopAll?.();
    stopAll = null;
    const before = floods.get(who) ?? 0;
    floods.set(who, before + 1);
    later(
      () => {
        unheard.delete(who);
        if (stopAll === null) hearEach();
      },
      Math.min(UNHEARD_MS * 2 ** before, UNHEARD_MS_MAX),
    );
    stopCalm?.();
    stopCalm = later(hearTogether, CALM_MS);
  }

  function hearEach(): void {
    const cluster = live.document?.cluster;
    const speakers = new Set(cluster === undefined ? [] : options.speakers(cluster));
    for (const who of unheard) speakers.delete(who);
    for (const who of heard.keys()) if (!speakers.has(who)) stop(who);
    for (const who of speakers) if (!heard.has(who)) heard.set(who, listen(who, admit));
  }

  function hearTogether(): void {
    floods.clear();
    stopAll = listen(null, admit);
    for (const who of heard.keys()) stop(who);
  }

  function stop(who: string): void {
    heard.get(who)?.();
    heard.delete(who);
  }

  function later(act: () => void, ms: number): () => void {
    return live.clock.after(ms, () => signal.aborted || act());
  }
}
