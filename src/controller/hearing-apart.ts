import type { Admission, Intake } from '../bus/bus.ts';
import type { Cluster } from '../domain/cluster.ts';
import { meter, type Rate } from '../domain/rate.ts';
import type { Live } from './live.ts';

type Admit = NonNullable<Intake['admit']>;

/** What is dropped of one speaker before he is left unheard. Dropping that much takes some milliseconds. */
const DROPPED: Rate = { burst: 1000, perSecond: 1000 };
const UNHEARD_MS = 1000;
/** After the last flood, until all are heard on one subscription again. */
const CALM_MS = 10_000;

/**
 * Hears everybody on one subscription, until one of them floods: what he says is then in front of what
 * the others say, even where it is dropped unread. From then on each is heard on a subscription of his
 * own, and who floods on none for a second at a time: the bus drops what nobody hears, which costs
 * a controller nothing.
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
  const dropped = meter();
  const heard = new Map<string, () => void>();
  const unheard = new Set<string>();
  let stopAll: (() => void) | null = listen(null, admit);
  let calm: NodeJS.Timeout | undefined;
  live.on('document', () => {
    if (stopAll === null) hearEach();
  });

  function admit(...message: Parameters<Admit>): Admission {
    const admission = options.admit(...message);
    const [{ who }] = message;
    if (admission === 'drop' && !dropped.takes(who, DROPPED, 1, performance.now())) leave(who);
    return admission;
  }

  function leave(who: string): void {
    if (unheard.has(who)) return;
    unheard.add(who);
    hearEach();
    stopAll?.();
    stopAll = null;
    later(() => {
      unheard.delete(who);
      if (stopAll === null) hearEach();
    }, UNHEARD_MS);
    clearTimeout(calm);
    calm = later(hearTogether, CALM_MS);
  }

  function hearEach(): void {
    const cluster = live.document?.cluster;
    const speakers = new Set(cluster === undefined ? [] : options.speakers(cluster));
    for (const who of unheard) speakers.delete(who);
    for (const who of heard.keys()) if (!speakers.has(who)) stop(who);
    for (const who of speakers) if (!heard.has(who)) heard.set(who, listen(who, admit));
  }

  function hearTogether(): void {
    stopAll = listen(null, admit);
    for (const who of heard.keys()) stop(who);
  }

  function stop(who: string): void {
    heard.get(who)?.();
    heard.delete(who);
  }

  function later(act: () => void, ms: number): NodeJS.Timeout {
    return setTimeout(() => signal.aborted || act(), ms).unref();
  }
}
