import { own } from '../base/own.ts';
import type { Cluster, Node, NodeRole } from '../document/cluster.ts';
import type { Catalogue, RoleDefinition } from './role.ts';
import { processNames } from './roles.ts';

/** Whether nobody has stopped the role on the node, or holds a process of it. */
export function isWanted(node: Node, role: string, catalogue: Catalogue): boolean {
  return (
    own(node.roles, role)?.stopped === null &&
    processNames(catalogue, role).every((name) => own(node.held, name) === undefined)
  );
}

/** Roles of a node that serve a pool, and are to. */
export function wantedToServe(node: Node, catalogue: Catalogue): RoleDefinition[] {
  return Object.keys(node.roles).flatMap((name) => {
    const role = catalogue.roles.get(name);
    return role?.serves != null && isWanted(node, name, catalogue) ? [role] : [];
  });
}

/**
 * The document after a change, with the revision at which it lands noted for each role that is to serve a
 * pool from then on. In a new history nothing is: how nodes are there is not begun by it.
 */
export function withWantedSince(before: Cluster, after: Cluster, catalogue: Catalogue): Cluster {
  if (after.nodes === before.nodes || after.lineage !== before.lineage) return after;
  const revision = before.revision + 1;
  const nodes = Object.values(after.nodes).flatMap((node): [string, Node][] => {
    const was = before.nodes[node.id];
    if (was === node) return [];
    const fresh = wantedToServe(node, catalogue).filter(
      ({ name }) => was === undefined || !isWanted(was, name, catalogue),
    );
    if (fresh.length === 0) return [];
    const since = fresh.map(({ name }): [string, NodeRole] => {
      return [name, { ...node.roles[name]!, since: revision }];
    });
    return [[node.id, { ...node, roles: { ...node.roles, ...Object.fromEntries(since) } }]];
  });
  return nodes.length === 0
    ? after
    : { ...after, nodes: { ...after.nodes, ...Object.fromEntries(nodes) } };
}

/** Without what belongs to the history before. */
export function withoutWantedSince({ nodes }: Pick<Cluster, 'nodes'>): Cluster['nodes'] {
  const bare = ({ since: _, ...role }: NodeRole): NodeRole => role;
  return Object.fromEntries(
    Object.entries(nodes).map(([id, node]) => {
      const roles = Object.entries(node.roles).map(([name, role]) => [name, bare(role)]);
      return [id, { ...node, roles: Object.fromEntries(roles) }];
    }),
  );
}
