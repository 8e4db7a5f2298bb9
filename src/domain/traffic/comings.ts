import { type Flaps, returned, settled } from '../nodes/damping.ts';

/** By announcer and key: what was withdrawn lately, or comes and goes. */
export type Comings = Map<string, Map<string, Coming>>;

interface Coming {
  flaps: Flaps | null;
  /** Null while it is announced, be it held or kept out. */
  goneMs: number | null;
}

/** What was withdrawn is remembered so long, to know it when it comes back ... */
const GONE_MS = 300_000;
/** ... and of one announcer at most so much: then the oldest is forgotten. */
const COMINGS_MAX = 5000;

/** It was announced, and is not any more. */
export function noteGone(comings: Comings, announcer: string, key: string, nowMs: number): void {
  const ofOne = comings.get(announcer) ?? new Map<string, Coming>();
  comings.set(announcer, ofOne);
  const flaps = ofOne.get(key)?.flaps ?? null;
  ofOne.delete(key);
  ofOne.set(key, { flaps, goneMs: nowMs });
  if (ofOne.size > COMINGS_MAX) ofOne.delete(ofOne.keys().next().value!);
}

/** It is announced, and not held: counts as a return if it was gone. False while it is kept out. */
export function mayComeBack(
  comings: Comings,
  announcer: string,
  key: string,
  nowMs: number,
): boolean {
  const ofOne = comings.get(announcer);
  const coming = ofOne?.get(key);
  if (ofOne === undefined || coming === undefined) return true;
  const { flaps, goneMs } = coming;
  const now = goneMs === null ? flaps && settled(flaps, nowMs) : returned(flaps, nowMs);
  ofOne.set(key, { flaps: now, goneMs: null });
  return now?.out !== true;
}

/** Whether it was withdrawn lately, or is kept out: nobody else's word brings it back. */
export function isGoneNow(comings: Comings, announcer: string, key: string): boolean {
  const coming = comings.get(announcer)?.get(key);
  return coming !== undefined && (coming.goneMs !== null || coming.flaps?.out === true);
}

/** Since when it is gone; null for what is there, or was never heard of. */
export function goneSince(comings: Comings, announcer: string, key: string): number | null {
  return comings.get(announcer)?.get(key)?.goneMs ?? null;
}

export function forgetComings(
  comings: Comings,
  isThere: (announcer: string) => boolean,
  nowMs: number,
): void {
  for (const [announcer, ofOne] of comings) {
    for (const [key, { flaps, goneMs }] of ofOne) {
      const flapped = flaps !== null && settled(flaps, nowMs) !== null;
      const justGone = goneMs !== null && nowMs - goneMs <= GONE_MS;
      if (!flapped && !justGone) ofOne.delete(key);
    }
    if (ofOne.size === 0 || !isThere(announcer)) comings.delete(announcer);
  }
}
