import type { Bus, Message } from '../bus/bus.ts';
import { all, CONTROLLER, routerStart } from '../bus/subjects.ts';
import {
  announcementKey,
  REGISTER_SECONDS,
  routesOfMessage,
  STALE_SECONDS,
  stillAllowed,
  withoutStale,
} from '../domain/announcements.ts';
import type { Json } from '../domain/cluster.ts';
import type { AnnouncedRoute } from '../domain/pools.ts';
import type { Live } from './live.ts';

const PRUNE_EVERY_MS = 5000;
const STALE_MS = STALE_SECONDS * 1000;

export interface Announcements {
  /** Whether this router should tell what it has: a controller that has just started knows little. */
  needsFrom(nodeId: string): boolean;
  /** Takes over what a router still serves. It goes when nobody announces it again in time. */
  adopt(nodeId: string, routes: readonly AnnouncedRoute[]): void;
  /** The bus was away, and announcements with it: nothing is stale for that reason. */
  restart(): void;
  close(): void;
}

/** Keeps in memory what components announce. Fails static: silence of the bus removes nothing. */
export function followAnnouncements(bus: Bus, live: Live): Announcements {
  const heardMs = new Map<string, number>();
  const adopted = new Set<string>();
  let startedMs = performance.now();

  bus.subscribe(all.registers, (message) => register(routesIn(message)));
  bus.subscribe(all.unregisters, (message) => unregister(routesIn(message)));
  bus.respond(all.greetings, async () => greeting(), { queue: CONTROLLER });
  bus.publish(routerStart, greeting());
  const timer = setInterval(prune, PRUNE_EVERY_MS);
  const stop = live.on('document', () => set(live.announced));
  return {
    needsFrom: (nodeId) => performance.now() - startedMs < STALE_MS && !adopted.has(nodeId),
    adopt: (nodeId, routes) => {
      adopted.add(nodeId);
      register(routes.filter((route) => !heardMs.has(announcementKey(route))));
    },
    restart: () => {
      startedMs = performance.now();
      for (const key of heardMs.keys()) heardMs.set(key, startedMs);
      bus.publish(routerStart, greeting());
    },
    close: () => {
      clearInterval(timer);
      stop();
    },
  };

  function routesIn({ sender, body }: Message): AnnouncedRoute[] {
    if (live.document === null || sender === null) return [];
    return routesOfMessage(live.document.cluster, sender, body);
  }

  function register(routes: readonly AnnouncedRoute[]): void {
    const news = new Map<string, AnnouncedRoute>();
    for (const route of routes) {
      const key = announcementKey(route);
      if (!heardMs.has(key)) news.set(key, route);
      heardMs.set(key, performance.now());
    }
    // Most say again what is known, and each says it every 20 s.
    if (news.size > 0) set([...live.announced, ...news.values()]);
  }

  function unregister(routes: readonly AnnouncedRoute[]): void {
    const going = new Set(routes.map(announcementKey));
    set(live.announced.filter((route) => !going.has(announcementKey(route))));
  }

  function prune(): void {
    if (bus.connected) set(withoutStale(live.announced, heardMs, performance.now()));
  }

  function set(routes: readonly AnnouncedRoute[]): void {
    if (live.document === null) return;
    const allowed = stillAllowed(live.document.cluster, routes);
    const keys = new Set(allowed.map(announcementKey));
    for (const key of heardMs.keys()) if (!keys.has(key)) heardMs.delete(key);
    const before = live.announced.map(announcementKey);
    if (before.length === keys.size && before.every((key) => keys.has(key))) return;
    live.announced = allowed;
    live.changed('announced');
  }

  function greeting(): Json {
    return {
      id: bus.who,
      hosts: [],
      minimumRegisterIntervalInSeconds: REGISTER_SECONDS,
      prunteThresholdInSeconds: STALE_SECONDS,
    };
  }
}
