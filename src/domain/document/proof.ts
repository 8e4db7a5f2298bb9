import { canonicalJson, keyedHash } from '../base/hash.ts';
import type { AnnouncedRoute } from '../traffic/pools.ts';
import type { ProvenVersion, Version } from '../views/view.ts';

/**
 * With the proof that controllers handed this version out. `seed` is theirs: a node passes the proof
 * on and cannot make one up, and so cannot make them believe in a state that never was.
 */
export function prove(version: Version, seed: string): ProvenVersion {
  return { ...version, proof: proofOf(version, seed) };
}

export function isProven(version: ProvenVersion, seed: string): boolean {
  return version.proof === proofOf(version, seed);
}

/**
 * A proof of announced routes is renewed this often: until then all controllers make the same one.
 */
const ANNOUNCED_PERIOD_MS = 300_000;
/** Clocks of controllers differ, and a router fetches the new proof within a minute or two. */
const ANNOUNCED_PERIODS_MAX = 3;

/**
 * The proof that controllers held this list of announced routes at about that time. A router hands
 * both back to a controller that starts: it cannot put a route of its own among them, nor bring up
 * again what is long over.
 */
export function proveAnnounced(
  routes: readonly AnnouncedRoute[],
  seed: string,
  period: number,
): string {
  const hash = keyedHash(seed, `kato announced ${period} ${canonicalJson(routes)}`);
  return `${period}.${hash}`;
}

export function announcedPeriod(nowMs: number): number {
  return Math.floor(nowMs / ANNOUNCED_PERIOD_MS);
}

export function isAnnouncedProven(
  routes: readonly AnnouncedRoute[],
  proof: string | undefined,
  seed: string,
  nowMs: number,
): boolean {
  const period = Number.parseInt(proof ?? '', 10);
  const isRecent = Math.abs(announcedPeriod(nowMs) - period) <= ANNOUNCED_PERIODS_MAX;
  return isRecent && proof === proveAnnounced(routes, seed, period);
}

function proofOf({ lineage, epoch, revision, hash }: Version, seed: string): string {
  return keyedHash(seed, ['kato version', lineage, epoch, revision, hash].join(' '));
}
