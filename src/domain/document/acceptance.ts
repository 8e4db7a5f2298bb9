import type { Version } from '../views/view.ts';

/**
 * Whether a node that has seen `newest` may act on `offered`. A later epoch is a recovery that all
 * accept; within one, a history only goes on. Another lineage of the same epoch is another cluster.
 */
export function accepts(newest: Version, offered: Version): boolean {
  if (offered.epoch !== newest.epoch) return offered.epoch > newest.epoch;
  if (offered.lineage !== newest.lineage) return false;
  if (offered.revision === newest.revision) return offered.hash === newest.hash;
  return offered.revision > newest.revision;
}
