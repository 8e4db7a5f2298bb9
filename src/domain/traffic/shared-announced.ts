import { type Registry, STALE_SECONDS } from './announcements.ts';
import { goneSince, noteGone } from './comings.ts';
import type { AnnouncedRoute } from './pools.ts';

/**
 * What the controllers together hold of announced routes. Each writes what it heard last of a route, and
 * the later word counts: whoever writes, in whatever order, they come to the same.
 */
export interface SharedAnnounced {
  /** Grows with each other list of routes. */
  number: number;
  /** By the key of a route. */
  words: Record<string, Word>;
}

/** The last word of a route: that it is there, or null where it went. `at` is in ms of the epoch. */
interface Word {
  route: AnnouncedRoute | null;
  at: number;
}

export const NOTHING_ANNOUNCED: SharedAnnounced = { number: 0, words: {} };

/** Announced again and again: worth a write so often, for whoever did not hear it. */
const REFRESH_MS = (STALE_SECONDS * 1000) / 4;
/** Who heard nothing else meanwhile has let it go by itself. */
const GONE_KEPT_MS = 3 * STALE_SECONDS * 1000;
/** Others read such a word at once, and need it no longer: of those that never end the latest are enough. */
export const GONE_MAX = 1000;

/** One moment on a controller's own monotonic clock, and of the epoch. */
export interface Moment {
  nowMs: number;
  epochMs: number;
}

/** In an order that does not tell who came first. */
export function routesOf({ words }: SharedAnnounced): AnnouncedRoute[] {
  const keys = Object.keys(words).sort();
  return keys.map((key) => words[key]!.route).filter((route) => route !== null);
}

/** Takes over what other controllers heard later than this one. */
function takeShared(
  { held, comings }: Registry,
  { words }: SharedAnnounced,
  { nowMs, epochMs }: Moment,
): void {
  for (const [key, { route, at }] of Object.entries(words)) {
    // A clock that is ahead heard nothing later than now.
    const atMs = Math.min(nowMs, at - epochMs + nowMs);
    const own = held.get(key);
    if (route === null) {
      if (own === undefined || own.heardMs > atMs) continue;
      held.delete(key);
      noteGone(comings, own.route.announcer, key, atMs);
    } else if (own !== undefined) own.heardMs = Math.max(own.heardMs, atMs);
    else if ((goneSince(comings, route.announcer, key) ?? Number.NEGATIVE_INFINITY) < atMs) {
      held.set(key, { route, heardMs: atMs });
    }
  }
}

/**
 * With what this controller heard later; null where that is nothing worth a write. Takes `before` over.
 * `number` is the highest that was ever seen: a bus may have lost its own.
 */
export function nextShared(
  registry: Registry,
  before: SharedAnnounced,
  moment: Moment,
  number = before.number,
): SharedAnnounced | null {
  takeShared(registry, before, moment);
  const { held, comings } = registry;
  const { nowMs, epochMs } = moment;
  const epochOf = (ms: number): number => Math.round(ms - nowMs + epochMs);
  const words: Record<string, Word> = {};
  let isNews = false;
  for (const [key, word] of Object.entries(before.words)) {
    if (held.has(key)) continue;
    if (word.route !== null) {
      const goneMs = goneSince(comings, word.route.announcer, key) ?? nowMs;
      words[key] = { route: null, at: Math.max(word.at + 1, epochOf(goneMs)) };
      isNews = true;
    } else if (epochMs - word.at < GONE_KEPT_MS) words[key] = word;
  }
  let isOld = false;
  for (const [key, { route, heardMs }] of held) {
    const was = before.words[key];
    const at = epochOf(heardMs);
    isOld ||= was?.route != null && at - was.at >= REFRESH_MS;
    isNews ||= was?.route == null;
    words[key] = { route, at: Math.max(at, (was?.at ?? 0) + (was?.route == null ? 1 : 0)) };
  }
  if (!isNews && !isOld) return null;
  const last = Math.max(number, before.number);
  return { number: isNews ? last + 1 : last, words: withoutOldest(words) };
}

function withoutOldest(words: SharedAnnounced['words']): SharedAnnounced['words'] {
  const all = Object.entries(words);
  const gone = all.filter(([, { route }]) => route === null);
  if (gone.length <= GONE_MAX) return words;
  const oldest = gone.sort(([, a], [, b]) => b.at - a.at).slice(GONE_MAX);
  const dropped = new Set(oldest.map(([key]) => key));
  return Object.fromEntries(all.filter(([key]) => !dropped.has(key)));
}
