import { refuse } from '../base/error.ts';
import { hashOf } from '../base/hash.ts';
import { withoutWantedSince } from '../roles/wanted-since.ts';
import type { Version } from '../views/view.ts';
import { type Asked, changed, type Decision } from './change.ts';
import type { Cluster } from './cluster.ts';
import { clusterSetting } from './cluster-settings.ts';
import { goesOnFrom, type Reconciled, reconcile, reconcileAlone } from './reconcile.ts';

/** A saved state of a cluster with all its secrets. */
export interface SavedState {
  cluster: Cluster;
  secrets: Record<string, string>;
}

export interface Recovered extends Reconciled {
  /** The revision up to which it is known what was taken away; null where nothing is known. */
  knownUntil: number | null;
}

/**
 * A saved document as the beginning of a new history that every node accepts, whatever it has seen
 * of the old one: a new lineage, a later epoch. `own` is what the machine itself knew last: where that
 * is later, what was taken away until then stays away, and else all tokens end.
 */
export function recovered(
  saved: Cluster,
  own: Cluster | null,
  { lineage, seenEpoch, at }: { lineage: string; seenEpoch: number; at: string },
): Recovered {
  const isLater = own !== null && own.id === saved.id && isAfter(own, saved);
  const { cluster, again } = isLater ? recall(saved, own, at) : reconcileAlone(saved, at);
  return {
    cluster: beginning(cluster, saved, lineage, seenEpoch),
    again,
    knownUntil: isLater ? own.revision : null,
  };
}

function isAfter(own: Cluster, saved: Cluster): boolean {
  return own.epoch > saved.epoch || goesOnFrom(own, saved);
}

/** Nodes that joined after the saved state go on as they are: nobody was asked whether they may go. */
function recall(saved: Cluster, own: Cluster, at: string): Reconciled {
  const { cluster, again } = reconcile(saved, own, at);
  const former = Object.entries(cluster.former).filter(([id]) => own.nodes[id] === undefined);
  return { cluster: { ...cluster, former: Object.fromEntries(former) }, again };
}

function beginning(cluster: Cluster, saved: Cluster, lineage: string, seenEpoch: number): Cluster {
  return {
    ...cluster,
    nodes: withoutWantedSince(cluster),
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
  /** Present nodes that the saved state does not know: they are told that they were removed. */
  lost: string[];
  again: Reconciled['again'];
  /** The node that kept an export and no longer does, since the saved state knows nothing of it. */
  unkept: string | null;
}

/** Replaces the present state with a saved one. */
export function importState(
  cluster: Cluster,
  params: { saved: Cluster; lineage: string; force: boolean },
  { at }: Pick<Asked, 'at'>,
): Decision<Imported> {
  const { saved, lineage, force } = params;
  if (saved.id !== cluster.id) {
    throw refuse(
      'CONFLICT',
      'the file belongs to another cluster',
      `it is from ${saved.endpoint} (${saved.id}), this one is ${cluster.endpoint} (${cluster.id})`,
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
      'use --force, and attach them again afterwards',
    );
  }
  const { cluster: merged, again } = reconcile(saved, cluster, at);
  const after = beginning(merged, saved, lineage, cluster.epoch);
  const from = { revision: saved.revision, epoch: saved.epoch };
  return changed(cluster, after, { from, lost, again, unkept: unkept(cluster, after) });
}

function unkept(before: Cluster, after: Cluster): string | null {
  const name = String(clusterSetting(before, 'export.node'));
  return name !== '' && clusterSetting(after, 'export.node') === '' ? name : null;
}
