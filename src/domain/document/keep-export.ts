import { findNode } from '../nodes/find-node.ts';
import type { SettingValue } from '../roles/role.ts';
import { type Asked, changed, type Decision } from './change.ts';
import type { Cluster } from './cluster.ts';
import { clusterSetting } from './cluster-settings.ts';
import { changeSetting } from './setting-changes.ts';

export interface ExportKept {
  node: string;
  intervalSeconds: number;
}

/** A node keeps an export from now on, sealed by a new key. */
export function keepExport(
  cluster: Cluster,
  params: { node: string; intervalSeconds: number | null; key: string },
  asked: Asked,
): Decision<ExportKept> {
  const { name } = findNode(cluster, params.node);
  const set = (from: Cluster, key: string, value: SettingValue): Cluster =>
    changeSetting(from, { component: 'cluster', key, act: 'set', value }, asked).cluster;
  const named = set({ ...cluster, exportKey: params.key }, 'export.node', name);
  const { intervalSeconds } = params;
  const after = intervalSeconds === null ? named : set(named, 'export.interval', intervalSeconds);
  const result = { node: name, intervalSeconds: Number(clusterSetting(after, 'export.interval')) };
  return changed(cluster, after, result);
}
