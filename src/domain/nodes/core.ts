import type { Cluster, Node } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue, RoleDefinition } from '../roles/role.ts';

/** The core: the node whose role holds the bus and the state. */
export function isCore(node: Pick<Node, 'roles'>, catalogue: Catalogue): boolean {
  return coreRole(catalogue).name in node.roles;
}

export function coreOf(cluster: Cluster, catalogue: Catalogue): Node | undefined {
  return Object.values(cluster.nodes).find((node) => isCore(node, catalogue));
}

export function coreAddress(cluster: Cluster, catalogue: Catalogue): string {
  return coreOf(cluster, catalogue)?.address ?? '';
}

export function busPort(cluster: Cluster, catalogue: Catalogue): number {
  return Number(settingsOf(cluster, catalogue, coreRole(catalogue).name).port);
}

/** A catalogue has exactly one. */
export function coreRole({ roles }: Catalogue): RoleDefinition {
  return [...roles.values()].find(({ core }) => core)!;
}
