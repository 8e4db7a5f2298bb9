import { type KatoError, refuse } from '../base/error.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { serving } from '../traffic/pools.ts';
import type { Catalogue, RoleDefinition } from './role.ts';
import { definitionOf } from './roles.ts';

/** The bus, and the last controller that is not stopped. */
export function isVital(cluster: Cluster, node: Node, role: string): boolean {
  if (role === 'primary') return true;
  return role === 'controller' && isOnly(cluster, node, role);
}

/**
 * Whether the cluster needs the role on some node, or a setup command gave it, and no other node
 * serves it. The same rule keeps it from being removed, stopped and held.
 */
export function isLast(cluster: Cluster, catalogue: Catalogue, node: Node, role: string): boolean {
  return isMissed(definitionOf(catalogue, role)) && isOnly(cluster, node, role);
}

/**
 * ROLE_NEEDED where a change takes such a role from the last that serves it: who has it stopped
 * serves nobody. Nothing forces this for a controller, without which no command could start another.
 */
export function lastRemoved(
  catalogue: Catalogue,
  before: Cluster,
  after: Cluster,
  force: boolean,
): KatoError | undefined {
  const isLost = (role: string): boolean =>
    serving(before, role).length > 0 && serving(after, role).length === 0;
  const lost = [...catalogue.roles.values()].find(
    (role) => isMissed(role) && isLost(role.name) && !(force && role.name !== 'controller'),
  )?.name;
  if (lost === undefined) return undefined;
  const names = serving(before, lost).map(({ name }) => name);
  return refuse(
    'ROLE_NEEDED',
    `no other node runs the role '${lost}' that ${names.join(' and ')} would lose`,
    'nobody would serve it',
    lost === 'controller'
      ? 'start another one first: kato start -n NODE controller'
      : 'let another node serve it first; to take it away anyway, add --force',
  );
}

/** The cluster needs it on some node, or a setup command gave it. */
function isMissed({ given, perCluster }: RoleDefinition): boolean {
  return given === 'setup' || perCluster.min > 0;
}

function isOnly(cluster: Cluster, node: Node, role: string): boolean {
  return serving(cluster, role).every((other) => other.id === node.id);
}
