import type { Cluster } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue } from '../roles/role.ts';
import { nodesWith } from '../roles/roles.ts';

export function coreAddress(cluster: Cluster): string {
  return nodesWith(cluster, 'primary')[0]?.address ?? '';
}

export function busPort(cluster: Cluster, catalogue: Catalogue): number {
  return Number(settingsOf(cluster, catalogue, 'primary').port);
}
