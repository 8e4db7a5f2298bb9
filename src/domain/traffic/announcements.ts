import { own } from '../base/own.ts';
import type { Cluster } from '../document/cluster.ts';
import { clusterSetting } from '../document/cluster-settings.ts';
import type { Catalogue } from '../roles/role.ts';
import { routesOfMessage } from './announced-message.ts';
import { type BackendJudge, backendJudge } from './backends.ts';
import { type Comings, forgetComings, isGoneNow, mayComeBack, noteGone } from './comings.ts';
import { type AnnouncedRoute, routePool } from './pools.ts';
import { countRefusal, forgetRefusals, type RefusalReason, type Refusals } from './refusals.ts';
import { mayAnnounce } from './routes.ts';

/** A route that was not announced again for this long is stale. Cloud Foundry's number. */
export const STALE_SECONDS = 120;
/** How often a component should announce itself; what `router.greet` and `router.start` tell. */
export const REGISTER_SECONDS = 20;
const STALE_MS = STALE_SECONDS * 1000;
/** All that is held, as JSON: a router hands it in as one message, which may have 1 MB. */
const ANNOUNCED_BYTES_MAX = 900_000;
/** Of one route as JSON, beside what its key has. */
const FIELDS_BYTES = 80;

/** What announcers may, by the document; made once for each. */
export interface AnnouncementRules {
  cluster: Cluster;
  judge: BackendJudge;
  /** How many (route, backend) pairs one announcer may hold, and all together. */
  perAnnouncer: number;
  total: number;
}

/** What one controller knows of announced routes. All times in ms on its own monotonic clock. */
export interface Registry {
  /** What is served, by its key: who came first keeps its place when there are too many. */
  held: Map<string, { route: AnnouncedRoute; heardMs: number }>;
  comings: Comings;
  refusals: Refusals;
}

export function createRegistry(): Registry {
  return { held: new Map(), comings: new Map(), refusals: new Map() };
}

export function announcementRules(cluster: Cluster, catalogue: Catalogue): AnnouncementRules {
  return {
    cluster,
    judge: backendJudge(cluster, catalogue),
    perAnnouncer: Number(clusterSetting(cluster, 'announced.perAnnouncer')),
    total: Number(clusterSetting(cluster, 'announced.total')),
  };
}

/** Takes a `router.register`, as far as its sender may; what is not taken is counted. True for news. */
export function announce(
  registry: Registry,
  rules: AnnouncementRules,
  announcer: string,
  body: unknown,
  nowMs: number,
): boolean {
  const { held, comings, refusals } = registry;
  const refuse = (reason: RefusalReason, example: string): void =>
    countRefusal(refusals, announcer, reason, example, nowMs);
  let room: Room | null = null;
  let isNews = false;
  for (const route of routesOfMessage(rules.cluster, announcer, body, refuse)) {
    const key = announcementKey(route);
    const known = held.get(key);
    if (known !== undefined) {
      known.heardMs = nowMs;
      continue;
    }
    const fault = rules.judge(route.backend);
    room ??= roomFor(registry, rules, announcer);
    if (fault !== null) refuse('backend', `${toldOf(route)}: it ${fault.why}`);
    else if (isFull(room, key)) refuse('quota', `${toldOf(route)}: ${quotaText(rules, room)}`);
    else if (!mayComeBack(comings, announcer, key, nowMs)) refuse('flapping', toldOf(route));
    else {
      held.set(key, { route, heardMs: nowMs });
      room.pairs--;
      room.bytes -= bytesOf(key);
      isNews = true;
    }
  }
  return isNews;
}

/** Takes a `router.unregister`. True when something went. */
export function withdraw(
  registry: Registry,
  rules: AnnouncementRules,
  announcer: string,
  body: unknown,
  nowMs: number,
): boolean {
  let isNews = false;
  for (const route of routesOfMessage(rules.cluster, announcer, body, () => undefined)) {
    const key = announcementKey(route);
    // Also what is not held: a router that did not hear of it may still hand it in.
    noteGone(registry.comings, announcer, key, nowMs);
    isNews = registry.held.delete(key) || isNews;
  }
  return isNews;
}

/** Lets go what is stale, not allowed any more, or too much by now. True when something went. */
export function tidy(
  registry: Registry,
  rules: AnnouncementRules,
  nowMs: number,
  { stale, sinceMs = 0 }: { stale: boolean; sinceMs?: number },
): boolean {
  const before = registry.held.size;
  const counts = new Map<string, number>();
  const room: Room = { pairs: rules.total, bytes: ANNOUNCED_BYTES_MAX };
  for (const [key, { route, heardMs }] of registry.held) {
    const count = counts.get(route.announcer) ?? 0;
    // Silence from before this controller listened is none.
    const isStale = stale && nowMs - Math.max(heardMs, sinceMs) >= STALE_MS;
    const fits = count < rules.perAnnouncer && !isFull(room, key);
    if (isStale) noteGone(registry.comings, route.announcer, key, nowMs);
    if (isStale || !fits || !isAllowed(rules, route)) registry.held.delete(key);
    else {
      counts.set(route.announcer, count + 1);
      room.pairs--;
      room.bytes -= bytesOf(key);
    }
  }
  const isThere = (announcer: string): boolean =>
    own(rules.cluster.announcers, announcer) !== undefined;
  forgetComings(registry.comings, isThere, nowMs);
  forgetRefusals(registry.refusals, isThere, nowMs);
  return registry.held.size < before;
}

/**
 * Takes over what routers serve: it has its place before what was heard since. It goes when nobody
 * announces it again in time. True for news.
 */
export function adopt(
  registry: Registry,
  rules: AnnouncementRules,
  routes: readonly AnnouncedRoute[],
  nowMs: number,
): boolean {
  const heard = [...registry.held];
  registry.held.clear();
  for (const route of adoptable(registry, rules, routes)) {
    registry.held.set(announcementKey(route), { route, heardMs: nowMs });
  }
  // The place stays that of the first, the time is that of the hearing.
  for (const [key, entry] of heard) registry.held.set(key, entry);
  tidy(registry, rules, nowMs, { stale: false });
  return registry.held.size !== heard.length || heard.some(([key]) => !registry.held.has(key));
}

/** What is held, and after it what one router serves beside it: for the view of that router alone. */
export function heldBeside(
  registry: Registry,
  rules: AnnouncementRules,
  routes: readonly AnnouncedRoute[],
  nowMs: number,
): AnnouncedRoute[] {
  const { comings } = registry;
  const both: Registry = { held: new Map(registry.held), comings, refusals: new Map() };
  for (const route of adoptable(registry, rules, routes)) {
    const key = announcementKey(route);
    if (!both.held.has(key)) both.held.set(key, { route, heardMs: nowMs });
  }
  tidy(both, rules, nowMs, { stale: false });
  return heldRoutes(both);
}

/** In an order that does not tell who came first: two controllers show the same. */
export function heldRoutes({ held }: Registry): AnnouncedRoute[] {
  return [...held.keys()].sort().map((key) => held.get(key)!.route);
}

function announcementKey({ announcer, host, path, backend }: AnnouncedRoute): string {
  return `${announcer} ${host}${path} ${backend}`;
}

/** Of what a router hands in that which an announcer might say now, and did not take back. */
function adoptable(
  { comings }: Registry,
  rules: AnnouncementRules,
  routes: readonly AnnouncedRoute[],
): AnnouncedRoute[] {
  return routes.filter(
    (route) =>
      isAllowed(rules, route) && !isGoneNow(comings, route.announcer, announcementKey(route)),
  );
}

function isAllowed({ cluster, judge }: AnnouncementRules, route: AnnouncedRoute): boolean {
  return hasRight(cluster, route) && judge(route.backend) === null;
}

/** Whether its announcer is there and may announce that host. */
export function hasRight(
  cluster: Cluster,
  { announcer, host }: Pick<AnnouncedRoute, 'announcer' | 'host'>,
): boolean {
  const rights = own(cluster.announcers, announcer);
  return rights !== undefined && mayAnnounce(cluster, rights, host);
}

/** What may still be held: of one announcer, and within what all together may. */
interface Room {
  pairs: number;
  bytes: number;
}

function roomFor({ held }: Registry, rules: AnnouncementRules, announcer: string): Room {
  let count = 0;
  let bytes = 0;
  for (const [key, { route }] of held) {
    if (route.announcer === announcer) count++;
    bytes += bytesOf(key);
  }
  const pairs = Math.min(rules.perAnnouncer - count, rules.total - held.size);
  return { pairs, bytes: ANNOUNCED_BYTES_MAX - bytes };
}

function isFull({ pairs, bytes }: Room, key: string): boolean {
  return pairs <= 0 || bytes < bytesOf(key);
}

/** Names of hosts, paths and announcers have one byte for each character. */
function bytesOf(key: string): number {
  return key.length + FIELDS_BYTES;
}

function toldOf({ host, path, backend }: AnnouncedRoute): string {
  return `${routePool(host, path)} at ${backend}`;
}

function quotaText({ perAnnouncer, total }: AnnouncementRules, { pairs }: Room): string {
  if (pairs > 0) return `all together have ${ANNOUNCED_BYTES_MAX / 1000} kB of names`;
  return `one announcer may hold ${perAnnouncer}, all together ${total}`;
}
