import { refuse } from '../base/error.ts';
import type { Report } from '../making/step.ts';
import { isCore } from '../nodes/core.ts';
import { findNode, nodesCalled } from '../nodes/find-node.ts';
import type { Catalogue } from '../roles/role.ts';
import type { Warning } from '../telling/status.ts';
import type { KeptExport } from '../views/view.ts';
import type { Cluster, Node } from './cluster.ts';
import { clusterSetting } from './cluster-settings.ts';

/** What the setting `export.node` says: a node as people call it, or empty. */
function keeperName(cluster: Cluster): string {
  return String(clusterSetting(cluster, 'export.node'));
}

/** Null when nobody keeps an export, and while the cluster has no node of that name. */
function keeperOf(cluster: Cluster): Node | null {
  const found = nodesCalled(cluster, keeperName(cluster));
  return found.length === 1 ? found[0]! : null;
}

/** What to keep, and the id of the node that keeps it; null if no node does. */
export function keptExportOf(cluster: Cluster): (KeptExport & { id: string }) | null {
  const keeper = cluster.exportKey === undefined ? null : keeperOf(cluster);
  if (keeper === null) return null;
  return { id: keeper.id, intervalMs: intervalMs(cluster), key: cluster.exportKey! };
}

/** UNKNOWN_NODE or CONFLICT for a keeper that would keep nothing. */
export function checkKeeper(cluster: Cluster, catalogue: Catalogue): void {
  const called = keeperName(cluster);
  if (called === '') return;
  const node = findNode(cluster, called);
  if (isCore(node, catalogue)) {
    throw refuse(
      'CONFLICT',
      `${node.name} is the core`,
      'an export that it kept would be lost with it',
      'name another node: kato node list shows them',
    );
  }
  if (cluster.exportKey !== undefined) return;
  throw refuse(
    'CONFLICT',
    'there is no passphrase to seal the export with',
    undefined,
    `kato data keep ${called} asks for one`,
  );
}

/** A fetch may fail once, and a report be a minute old, before anybody is warned. */
const LATE_FACTOR = 2;
const LATE_MS_MORE = 120_000;

/** What is wrong with the export that a node should keep; null when nothing is, or none is wanted. */
export function exportFault(
  cluster: Cluster,
  reports: ReadonlyMap<string, Report>,
  isGone: (id: string) => boolean,
): Omit<Warning, 'code'> | null {
  const called = keeperName(cluster);
  if (called === '') return null;
  const keeper = keeperOf(cluster);
  if (keeper === null) {
    return { message: `no node keeps an export: the node '${called}' no longer exists` };
  }
  const { name, id } = keeper;
  if (isGone(id)) return { message: `${name}, which keeps the export, is away`, node: name };
  const report = reports.get(id);
  if (report?.exportedAt === undefined) {
    return { message: `${name} has no export of the cluster yet`, node: name };
  }
  // Both by the clock of the node.
  const ageMs = Date.parse(report.at) - Date.parse(report.exportedAt);
  if (ageMs <= LATE_FACTOR * intervalMs(cluster) + LATE_MS_MORE) return null;
  return { message: `the export on ${name} is ${Math.round(ageMs / 60_000)} min old`, node: name };
}

function intervalMs(cluster: Cluster): number {
  return 1000 * Number(clusterSetting(cluster, 'export.interval'));
}
