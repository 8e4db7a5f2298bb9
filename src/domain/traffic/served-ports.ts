import type { Cluster } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue, RoleDefinition } from '../roles/role.ts';
import { heldBack } from '../rolls/rolls.ts';

/** At which port each node is reached that serves a role, by its id: one that awaits its turn has the old one. */
export function servedPorts(
  cluster: Cluster,
  catalogue: Catalogue,
  { name, serves }: RoleDefinition,
): (nodeId: string) => number {
  const setting = serves?.setting;
  if (setting == null) return () => serves?.port ?? 0;
  const wanted = settingsOf(cluster, catalogue, name)[setting];
  return (nodeId) => Number(heldBack(cluster, name, nodeId)[setting] ?? wanted);
}
