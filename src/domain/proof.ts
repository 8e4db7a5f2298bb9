import { canonicalJson, keyedHash } from './hash.ts';
import type { AnnouncedRoute } from './pools.ts';
import type { ProvenVersion, Version } from './view.ts';

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
 * The proof of a list of announced routes. A router hands both back to a controller that starts, and
 * cannot put a route of its own among them.
 */
export function proofOfAnnounced(routes: readonly AnnouncedRoute[], seed: string): string {
  return keyedHash(seed, `kato announced ${canonicalJson(routes)}`);
}

function proofOf({ lineage, epoch, revision, hash }: Version, seed: string): string {
  return keyedHash(seed, ['kato version', lineage, epoch, revision, hash].join(' '));
}
