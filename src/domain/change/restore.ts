import type { Cluster } from '../cluster.ts';
import { refuse } from '../error.ts';
import { hashOf } from '../hash.ts';
import type { Version } from '../view.ts';
import { changed, type Decision } from './change.ts';

/** A saved state of a cluster with all its secrets. */
export interface SavedState {
  cluster: Cluster;
  secrets: Record<string, string>;
}

/**
 * A saved document as the beginning of a new history that every node accepts, whatever it has seen
 * of the old one: a new lineage, a later epoch.
 */
export function recovered(saved: Cluster, lineage: string, seenEpoch: number): Cluster {
  return {
    ...saved,
    lineage,
    epoch: Math.max(saved.epoch, seenEpoch) + 1,
    revision: saved.revision + 1,
    previousHash: hashOf(saved),
  };
}

/** The epoch in which nodes that have seen these versions accept a recovered document. */
export function epochAbove(
  { lineage, epoch }: Cluster,
  seen: readonly Pick<Version, 'lineage' | 'epoch'>[],
): number {
  // Its own lineage is that of a run before this one, which was interrupted.
  const needed = seen.map((version) => version.epoch + (version.lineage === lineage ? 0 : 1));
  return Math.max(epoch, ...needed);
}

export interface Imported {
  from: { revision: number; epoch: number };
  /** Nodes of today that the saved state does not know. */
  lost: string[];
}

/** Puts a saved state in the place of the one that is. */
export function importState(
  cluster: Cluster,
  params: { saved: Cluster; lineage: string; force: boolean },
): Decision<Imported> {
  const { saved, lineage, force } = params;
  if (saved.id !== cluster.id) {
    throw refuse(
      'CONFLICT',
      'the file is of another cluster',
      `it is of ${saved.endpoint} (${saved.id}), this one is ${cluster.endpoint} (${cluster.id})`,
    );
  }
  const lost = Object.values(cluster.nodes)
    .filter((node) => saved.nodes[node.id] === undefined)
    .map((node) => node.name);
  if (lost.length > 0 && !force) {
    throw refuse(
      'CONFLICT',
      `the file does not know ${lost.join(', ')}`,
      'they joined after it was made, and would be cut off',
      'attach them again afterwards, and say so with --force',
    );
  }
  const after = recovered(saved, lineage, cluster.epoch);
  const from = { revision: saved.revision, epoch: saved.epoch };
  return changed(cluster, after, { from, lost }, Object.keys(after.nodes));
}
