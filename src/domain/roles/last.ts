import { type KatoError, refuse } from '../base/error.ts';
import type { Asked } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import type { RoleDefinition } from './role.ts';
import { definitionOf, nodesWith, processNames } from './roles.ts';

/**
 * One rule for all that takes a role from a node, be it removed, stopped or held, alone or with the
 * node: the last that really serves what is missed is not taken by accident.
 */

type Known = Pick<Asked, 'catalogue' | 'presence'>;
type Idleness = 'joining' | 'dead' | 'left' | 'stopped' | 'held';

const NAMES_MAX = 5;

/** The bus, and the last controller that serves: without them no command could start it again. */
export function isVital(cluster: Cluster, node: Node, role: string, known: Known): boolean {
  const { core, vital } = definitionOf(known.catalogue, role);
  return core || (vital && isOnly(cluster, node, role, known));
}

/** Whether this node alone serves the role, and it would be missed. */
export function isLast(cluster: Cluster, node: Node, role: string, known: Known): boolean {
  return isMissed(definitionOf(known.catalogue, role)) && isOnly(cluster, node, role, known);
}

/**
 * ROLE_NEEDED where a change takes such a role from the last that serve it. Nothing forces this for a
 * controller, without which no command could start another.
 */
export function lastRemoved(
  before: Cluster,
  after: Cluster,
  known: Known,
  force: boolean,
): KatoError | undefined {
  const lost = [...known.catalogue.roles.values()]
    .filter((role) => isMissed(role) && (role.vital || !force))
    .find(
      ({ name }) => serving(before, name, known).length > 0 && !serving(after, name, known).length,
    );
  if (lost === undefined) return undefined;
  const names = serving(before, lost.name, known).map(({ name }) => name);
  return refuse(
    'ROLE_NEEDED',
    `no other node runs the role '${lost.name}' that ${names.join(' and ')} would lose`,
    whyNobody(after, lost.name, known),
    lost.vital
      ? another(after, lost.name, known)
      : 'let another node serve it first; to take it away anyway, add --force',
  );
}

/** Why nobody is left who serves the role: says of each other node that has it why it does not count. */
export function whyNobody(cluster: Cluster, role: string, known: Known): string {
  const idle = nodesWith(cluster, role).flatMap((node) => {
    const why = idleness(node, role, known);
    return why === null ? [] : [`${node.name} (${why})`];
  });
  if (idle.length === 0) return 'nobody would serve it';
  const more = idle.length > NAMES_MAX ? ` and ${idle.length - NAMES_MAX} more` : '';
  return `nobody would serve it: it is also on ${idle.slice(0, NAMES_MAX).join(', ')}${more}`;
}

/** Whether a process of the role is held. Of a boot that is not known, a hold counts. */
export function isHeld({ held }: Node, role: string, bootId: string | null, { catalogue }: Known) {
  return processNames(catalogue, role).some(
    (name) => name in held && (bootId === null || held[name] === bootId),
  );
}

/** The cluster needs it on some node, or a setup command gave it. */
function isMissed({ given, perCluster }: RoleDefinition): boolean {
  return given === 'setup' || perCluster.min > 0;
}

function isOnly(cluster: Cluster, node: Node, role: string, known: Known): boolean {
  const those = serving(cluster, role, known);
  return those.length === 1 && those[0]!.id === node.id;
}

function serving(cluster: Cluster, role: string, known: Known): Node[] {
  return nodesWith(cluster, role).filter((node) => idleness(node, role, known) === null);
}

/** Why a node with the role serves nobody, or null where it does. */
function idleness(node: Node, role: string, known: Known): Idleness | null {
  const { gone, bootId } = known.presence(node.id);
  if (node.pendingUntil !== null) return 'joining';
  if (gone !== null) return gone;
  if (node.roles[role]?.stopped !== null) return 'stopped';
  return isHeld(node, role, bootId, known) ? 'held' : null;
}

function another(cluster: Cluster, role: string, known: Known): string {
  const startable = nodesWith(cluster, role).find((node) =>
    ['stopped', 'held'].includes(idleness(node, role, known) ?? ''),
  );
  return startable === undefined
    ? `give it to another node first: kato role add -n NODE ${role}`
    : `start another one first: kato start -n ${startable.name} ${role}`;
}
