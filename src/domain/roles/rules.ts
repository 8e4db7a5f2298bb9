import { type KatoError, refuse } from '../base/error.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue } from './role.ts';
import { exclusion, rolesOf, shortage } from './roles.ts';

/**
 * What a cluster with this node in it, which has had the roles `before`, would break: ROLE_EXCLUDED,
 * ROLE_NEEDED, ROLE_LIMIT or PORT_TAKEN.
 */
export function brokenRule(
  cluster: Cluster,
  catalogue: Catalogue,
  node: Node,
  before: Node['roles'] = {},
): KatoError | undefined {
  return (
    exclusion(catalogue, node, before) ??
    shortage(catalogue, cluster) ??
    portClash(cluster, catalogue, [node])
  );
}

/** PORT_TAKEN for two roles of one node that would listen on the same port; undefined without. */
export function portClash(
  cluster: Cluster,
  catalogue: Catalogue,
  nodes: readonly Node[],
): KatoError | undefined {
  for (const node of nodes) {
    const taken = new Map<string, { role: string; process: string }>();
    const roles = rolesOf(catalogue, node).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name: role, ports } of roles) {
      const settings = settingsOf(cluster, catalogue, role);
      for (const { port, setting, protocol, process } of ports) {
        const listens = `${setting === null ? port : settings[setting]}/${protocol}`;
        const other = taken.get(listens);
        const shared = other?.process === process && other.role !== role;
        if (other !== undefined && !shared) return clash(node.name, listens, role, other.role);
        taken.set(listens, { role, process });
      }
    }
  }
  return undefined;
}

function clash(node: string, listens: string, role: string, other: string): KatoError {
  const [port] = listens.split('/');
  return refuse(
    'PORT_TAKEN',
    `port ${port} on ${node} would be used twice`,
    other === role
      ? `by two settings of '${role}'`
      : `by the roles '${other}' and '${role}', both on this node`,
    `kato config get ${role} shows its ports; kato config set gives one of them another`,
  );
}
