import type { Bus, Message } from '../../bus/bus.ts';
import type { Store } from '../../bus/store/store.ts';
import {
  type AnnouncerVerb,
  all,
  announcement,
  CONTROLLER,
  routerStart,
} from '../../bus/subjects.ts';
import type { Json } from '../../domain/document/cluster.ts';
import { announcedPeriod, isAnnouncedProven, proveAnnounced } from '../../domain/document/proof.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import {
  type AnnouncementRules,
  adopt,
  announce,
  announcementRules,
  createRegistry,
  heldBeside,
  REGISTER_SECONDS,
  STALE_SECONDS,
  tidy,
  withdraw,
} from '../../domain/traffic/announcements.ts';
import { refusalsToLog } from '../../domain/traffic/refusals.ts';
import {
  NOTHING_ANNOUNCED,
  nextShared,
  type SharedAnnounced,
} from '../../domain/traffic/shared-announced.ts';
import type { Announcements } from '../../operations/operation.ts';
import type { Intake } from '../doors/intake.ts';
import { type Live, takeAnnounced } from '../state/live.ts';
import { ANNOUNCED_KEY } from '../state/reports.ts';
import { hearApart } from './hearing-apart.ts';

const PRUNE_EVERY_MS = 5000;
const STALE_MS = STALE_SECONDS * 1000;
/** Up to twice as long, so that two controllers do not write together again and again. */
const GATHER_MS = 100;
/** Others may have come first. */
const ADOPT_TRIES = 3;

export interface AnnouncementsFollowed extends Announcements {
  /** The bus was away, and announcements with it: nothing is stale for that reason. */
  restart(): void;
  close(): void;
}

/**
 * Shares what components announce with the other controllers. Fails static: silence of the bus removes
 * nothing.
 */
export function followAnnouncements(options: {
  bus: Bus;
  store: Pick<Store, 'replaceObserved'>;
  live: Live;
  intake: Pick<Intake, 'admit'>;
  catalogue: Catalogue;
  /** Of the controllers. */
  seed: string;
  log(line: string): void;
  signal: AbortSignal;
}): AnnouncementsFollowed {
  const { bus, live, seed } = options;
  const { clock } = live;
  const { admit } = options.intake;
  const registry = createRegistry();
  const adopted = new Set<string>();
  /** Nobody ever shared any: what routers serve is all that is left of them. */
  const isFresh = live.announcedShared === null;
  let startedMs = clock.nowMs();
  let sharing: Promise<void> | null = null;
  let stopGathering: (() => void) | undefined;
  let rules: AnnouncementRules | null = rulesNow();
  let proven = provenNow();

  hearApart({
    ...{ live, signal: options.signal, admit },
    speakers: ({ announcers }) => Object.keys(announcers),
    listen: (who, admit) => {
      const of = (verb: AnnouncerVerb) =>
        who === null ? all.announcements(verb) : announcement(who, verb);
      const stops = [
        bus.subscribe(of('register'), (message) => take(message, announce), { admit }),
        bus.subscribe(of('unregister'), (message) => take(message, withdraw), { admit }),
        bus.respond(of('greet'), async () => greeting(), { queue: CONTROLLER, admit }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
  });
  bus.publish(routerStart, greeting());
  const stops = [
    clock.every(PRUNE_EVERY_MS, () => look({ stale: bus.connected })),
    live.on('document', () => {
      rules = rulesNow();
      look({ stale: false });
    }),
    live.on('shared routes', () => void shareNow()),
  ];
  void shareNow();
  const needsFrom = (nodeId: string): boolean =>
    isFresh && clock.nowMs() - startedMs < STALE_MS && !adopted.has(nodeId);
  return {
    needsFrom,
    adopt: async (nodeId, routes, proof) => {
      if (!needsFrom(nodeId) || !isAnnouncedProven(routes, proof, seed, clock.epochMs()))
        return false;
      if (rules !== null) adopt(registry, rules, routes, clock.nowMs());
      for (let i = 0; i < ADOPT_TRIES && unshared() !== null; i++) await shareNow(true);
      if (unshared() !== null) return false;
      adopted.add(nodeId);
      return true;
    },
    shown: (unproven) => {
      if (unproven.length > 0 && rules !== null) {
        const announced = heldBeside(registry, rules, unproven, clock.nowMs());
        return { announced, proof: null };
      }
      const isOld = proven.period !== announcedPeriod(clock.epochMs());
      if (isOld || proven.announced !== live.announced) proven = provenNow();
      return proven;
    },
    refused: () => {
      const nowMs = clock.nowMs();
      const ofEach = [...registry.refusals].map(([announcer, ofOne]) => {
        const told = [...ofOne].map(([reason, { count, example, lastMs }]) => {
          return { reason, count, example, age: Math.round((nowMs - lastMs) / 1000) };
        });
        return [announcer, told] as const;
      });
      return Object.fromEntries(ofEach);
    },
    restart: () => {
      startedMs = clock.nowMs();
      bus.publish(routerStart, greeting());
    },
    close: () => {
      for (const stop of [stopGathering, ...stops]) stop?.();
    },
  };

  function take({ sender, body }: Message, how: typeof announce): void {
    if (rules === null || sender === null) return;
    const nowMs = clock.nowMs();
    if (how(registry, rules, sender, body, nowMs)) void shareNow();
    logRefusals(nowMs);
  }

  function look(what: { stale: boolean }): void {
    const nowMs = clock.nowMs();
    if (rules !== null) tidy(registry, rules, nowMs, { ...what, sinceMs: startedMs });
    void shareNow();
    logRefusals(nowMs);
  }

  /**
   * The first is written at once, what comes meanwhile is gathered, unless somebody waits for it. A list
   * counts once it is written.
   */
  function shareNow(isAwaited = false): Promise<void> {
    if (sharing !== null) return sharing;
    if (stopGathering !== undefined && !isAwaited) return Promise.resolve();
    const next = unshared();
    if (next === null || live.older !== null) return Promise.resolve();
    sharing = write(next).finally(() => {
      sharing = null;
      stopGathering?.();
      stopGathering = clock.after(GATHER_MS * (1 + clock.random()), gathered);
    });
    return sharing;
  }

  function gathered(): void {
    stopGathering = undefined;
    void shareNow();
  }

  function unshared(): SharedAnnounced | null {
    const moment = { nowMs: clock.nowMs(), epochMs: clock.epochMs() };
    const before = live.announcedShared ?? NOTHING_ANNOUNCED;
    return nextShared(registry, before, moment, live.announcedNumber);
  }

  async function write(next: SharedAnnounced): Promise<void> {
    const entry = await options.store
      .replaceObserved(ANNOUNCED_KEY, next as unknown as Json, live.announcedEntry)
      .catch(() => null);
    if (entry !== null) takeAnnounced(live, next, entry);
  }

  function logRefusals(nowMs: number): void {
    for (const line of refusalsToLog(registry.refusals, nowMs)) options.log(line);
  }

  /** Of all that is announced; made once for all routers that ask. */
  function provenNow() {
    const { announced } = live;
    const period = announcedPeriod(clock.epochMs());
    return { announced, period, proof: proveAnnounced(announced, seed, period) };
  }

  function rulesNow(): AnnouncementRules | null {
    if (live.document === null) return null;
    return announcementRules(live.document.cluster, options.catalogue);
  }

  function greeting(): Json {
    return {
      id: bus.who,
      hosts: [],
      minimumRegisterIntervalInSeconds: REGISTER_SECONDS,
      pruneThresholdInSeconds: STALE_SECONDS,
      // As the name is misspelt in the field, where programs read it.
      prunteThresholdInSeconds: STALE_SECONDS,
    };
  }
}
