import { type KatoError, refuse } from '../base/error.ts';
import type { Asked } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { roleState } from '../telling/role-state.ts';
import type { RoleDefinition } from './role.ts';
import { definitionOf, nodesWith, processNames } from './roles.ts';

/**
 * One rule for all that takes a role from a node, be it removed, stopped or held, alone or with the
 * node: the last that really serves what is missed is not taken by accident.
 */

type Known = Pick<Asked, 'catalogue' | 'presence'>;
/** By what is known of it and wished for it. */
type Down = 'joining' | 'dead' | 'left' | 'stopped' | 'held';
/** What is to serve, and does not at the moment. */
type Ailing = 'failed' | 'starting';

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
 * ROLE_NEEDED where a change takes such a role from some that are to serve it, and leaves none that
 * does. Nothing forces this for a controller, without which no command could start another.
 */
export function lastRemoved(
  before: Cluster,
  after: Cluster,
  known: Known,
  force: boolean,
): KatoError | undefined {
  const taken = (role: string): Node[] => {
    const kept = new Set(meantToServe(after, role, known).map(({ id }) => id));
    return meantToServe(before, role, known).filter(({ id }) => !kept.has(id));
  };
  const lost = [...known.catalogue.roles.values()]
    .filter((role) => isMissed(role) && (role.vital || !force))
    .find(({ name }) => taken(name).length > 0 && serving(after, name, known).length === 0);
  if (lost === undefined) return undefined;
  const names = taken(lost.name).map(({ name }) => name);
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
export function whyNobody(cluster: Cluster, role: string, known: Known, taken?: Node): string {
  const others = nodesWith(cluster, role).filter(({ id }) => id !== taken?.id);
  const idle = others.flatMap((node) => {
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
  const isMeant = meantToServe(cluster, role, known).some(({ id }) => id === node.id);
  return isMeant && serving(cluster, role, known).every(({ id }) => id === node.id);
}

/** Also those that do not at the moment: they may within a second, or do so still as they did before. */
function meantToServe(cluster: Cluster, role: string, known: Known): Node[] {
  return nodesWith(cluster, role).filter((node) => downness(node, role, known) === null);
}

/** Nodes that have the role and serve, for all that is known. */
export function serving(cluster: Cluster, role: string, known: Known): Node[] {
  return nodesWith(cluster, role).filter((node) => idleness(node, role, known) === null);
}

/** Why a node with the role serves nobody, or null where it does, for all that is known. */
function idleness(node: Node, role: string, known: Known): Down | Ailing | null {
  return downness(node, role, known) ?? ailment(node, role, known);
}

function downness(node: Node, role: string, known: Known): Down | null {
  const { gone, bootId } = known.presence(node.id);
  if (node.pendingUntil !== null) return 'joining';
  if (gone !== null) return gone;
  if (node.roles[role]?.stopped !== null) return 'stopped';
  return isHeld(node, role, bootId, known) ? 'held' : null;
}

/** By its report: a node that has not sent one since it booted may be well. */
function ailment(node: Node, role: string, { catalogue, presence }: Known): Ailing | null {
  const { report } = presence(node.id);
  if (report === null) return null;
  const names = processNames(catalogue, role);
  // One that runs serves, also where it goes on as before since a step has failed.
  if (roleState(false, names, { ...report, failures: [] }) === 'running') return null;
  return roleState(false, names, report) === 'failed' ? 'failed' : 'starting';
}

function another(cluster: Cluster, role: string, known: Known): string {
  const startable = nodesWith(cluster, role).find((node) =>
    ['stopped', 'held'].includes(idleness(node, role, known) ?? ''),
  );
  return startable === undefined
    ? `give it to another node first: kato role add -n NODE ${role}`
    : `start another one first: kato start -n ${startable.name} ${role}`;
}
