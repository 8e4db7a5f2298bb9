import type { Cluster } from '../cluster.ts';
import { CLUSTER_SETTINGS } from '../cluster-settings.ts';
import { checkKeeper } from '../kept-export.ts';
import { checkSetting } from '../settings.ts';
import { changed, type Decision } from './change.ts';
import { findNode } from './find-node.ts';

export interface ExportKept {
  node: string;
  intervalSeconds: number;
}

/** A node keeps an export from now on, sealed by a new key. */
export function keepExport(
  cluster: Cluster,
  params: { node: string; intervalSeconds: number | null; key: string },
): Decision<ExportKept> {
  const node = findNode(cluster, params.node);
  const before = cluster.settings.cluster ?? {};
  const definition = CLUSTER_SETTINGS['export.interval']!;
  const wanted = params.intervalSeconds ?? before['export.interval'] ?? definition.default;
  const interval = checkSetting('cluster export.interval', definition, wanted);
  const own = { ...before, 'export.node': node.name, 'export.interval': interval };
  const settings = { ...cluster.settings, cluster: own };
  const patch = { settings, exportKey: params.key };
  checkKeeper({ ...cluster, ...patch });
  const result = { node: node.name, intervalSeconds: Number(interval) };
  return changed(cluster, patch, result, [node.id]);
}
