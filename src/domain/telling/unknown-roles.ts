import type { Cluster } from '../document/cluster.ts';
import { whoLacks } from '../roles/not-known.ts';
import type { Catalogue } from '../roles/role.ts';
import { nodesWith } from '../roles/roles.ts';
import type { Warning } from './status.ts';

/** Roles that stand in the document, and which the machine that is to run them or a controller has not. */
export function unknownRoleWarnings({
  cluster,
  catalogue,
}: {
  cluster: Cluster;
  catalogue: Catalogue;
}): Warning[] {
  const given = Object.values(cluster.nodes).flatMap((node) => Object.keys(node.roles));
  return [...new Set(given)].sort().flatMap((role): Warning[] => {
    const nodes = nodesWith(cluster, role);
    const more = nodes.length > 1 ? ` and ${nodes.length - 1} more` : '';
    const whose = `the role '${role}' of ${nodes[0]!.name}${more}`;
    const lacking = whoLacks(cluster, catalogue, role, nodes);
    const warnings = lacking.map(({ name }): Warning => {
      const message = `${name} does not know ${whose}: it has no roles/${role}.yml`;
      return { code: 'ROLE_UNKNOWN', message, node: name };
    });
    // What its node said of itself may be older than the controller that answers.
    if (catalogue.roles.has(role) || lacking.length > 0) return warnings;
    const message = `the controller that answers does not know ${whose}: it has no roles/${role}.yml`;
    return [{ code: 'ROLE_UNKNOWN', message }];
  });
}
