import { type KatoError, refuse } from '../base/error.ts';
import { didYouMean } from '../base/names.ts';
import { own } from '../base/own.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import type { Catalogue, RoleDefinition, Seen } from './role.ts';

/**
 * Role names with groups written out, in the catalogue's order, each once. Of the roles that a node `has`
 * also one that is not known here.
 */
export function expandRoles(
  catalogue: Catalogue,
  names: readonly string[],
  has: Node['roles'] = {},
): string[] {
  const nameOf = (name: string): string =>
    own(has, name) === undefined ? definitionOf(catalogue, name).name : name;
  const wanted = new Set(names.flatMap((name) => catalogue.groups.get(name) ?? [nameOf(name)]));
  const known = [...catalogue.roles.keys()].filter((role) => wanted.has(role));
  return [...known, ...[...wanted].filter((role) => !catalogue.roles.has(role))];
}

/**
 * The roles of a node, as far as they are known here: who added a role file elsewhere may give roles that
 * this kato has nothing of. What it knows nothing about it leaves as it is.
 */
export function rolesOf({ roles }: Catalogue, node: Pick<Node, 'roles'>): RoleDefinition[] {
  return Object.keys(node.roles).flatMap((name) => roles.get(name) ?? []);
}

/** Those of them that are not. */
export function unknownRoles({ roles }: Catalogue, node: Pick<Node, 'roles'>): string[] {
  return Object.keys(node.roles).filter((name) => !roles.has(name));
}

/** Of a role that a person or a role file names. UNKNOWN_ROLE for one that is not known here. */
export function definitionOf(catalogue: Catalogue, name: string): RoleDefinition {
  const role = catalogue.roles.get(name);
  if (role !== undefined) return role;
  const group = catalogue.groups.get(name);
  if (group !== undefined) {
    throw refuse('UNKNOWN_ROLE', `'${name}' is a group, not a role`, `of ${group.join(', ')}`);
  }
  throw refuse(
    'UNKNOWN_ROLE',
    `there is no role '${name}'`,
    didYouMean(name, [...catalogue.roles.keys(), ...catalogue.groups.keys()]),
    'kato role info lists all roles',
  );
}

/**
 * Whoever has such a role holds secrets of the whole cluster, more than the keys of certificates, or sees
 * all of its state: it is given by an admin, and by no token. So is what is not known here.
 */
export function isTrusted({ roles }: Catalogue, name: string): boolean {
  const role = roles.get(name);
  if (role === undefined) return true;
  const { sharedSecrets, sees } = role;
  return (
    sharedSecrets.some((secret) => !isHarmless(secret, name)) ||
    sees.some((one) => one === 'users' || one === 'document')
  );
}

/** In the store, what all nodes with a role have in common stands below this. */
export function secretsOfRole(name: string): string {
  return `role/${name}/`;
}

/** Whether somebody may be given a role: by what a token allows, null for all, and by who gives it. */
export function isGrantable(
  catalogue: Catalogue,
  role: string,
  allowed: readonly string[] | null,
  byAdmin: boolean,
): boolean {
  return (byAdmin || !isTrusted(catalogue, role)) && (allowed === null || allowed.includes(role));
}

/** Keys of certificates, and what whoever has the role has in any case. */
function isHarmless(secret: string, role: string): boolean {
  return secret.startsWith(CERTIFICATE_KEYS) || secret === secretsOfRole(role);
}

const CERTIFICATE_KEYS = 'certificate/';

export function processNames({ roles }: Catalogue, role: string): string[] {
  return (roles.get(role)?.processes ?? []).map((process) => process.name);
}

export function allProcessNames(catalogue: Catalogue): string[] {
  return [...catalogue.roles.keys()].flatMap((role) => processNames(catalogue, role));
}

/** Why a node may not have its roles together, or undefined when it may. */
export function exclusion(
  catalogue: Catalogue,
  node: Pick<Node, 'name' | 'roles'>,
  before: Node['roles'],
): KatoError | undefined {
  const roles = Object.keys(node.roles);
  for (const role of rolesOf(catalogue, node)) {
    const { name } = role;
    const other = roles.find((candidate) => excludes(catalogue, role, candidate));
    if (other === undefined) continue;
    const [fresh, there] = other in before ? [name, other] : [other, name];
    const give = `give '${fresh}' to another node`;
    const remove = `remove '${there}' first, with --force where it is the last`;
    return refuse(
      'ROLE_EXCLUDED',
      `the roles '${name}' and '${other}' cannot share a node`,
      role.excludes.includes('*')
        ? `a node with '${name}' has no other role`
        : `'${name}' excludes '${other}'`,
      there in before ? `${give}, or ${remove}: kato role remove -n ${node.name} ${there}` : give,
    );
  }
  return undefined;
}

function excludes(catalogue: Catalogue, role: RoleDefinition, other: string): boolean {
  if (other === role.name || catalogue.roles.get(other)?.given === 'always') return false;
  return role.excludes.includes('*') || role.excludes.includes(other);
}

/** Nodes that have a role, whether it is stopped or not. */
export function nodesWith(cluster: Cluster, role: string): Node[] {
  return Object.values(cluster.nodes).filter((node) => node.roles[role] !== undefined);
}

/**
 * Those of them that were seen with their own key. A machine that shows but a token is nobody's
 * backend or proxy, and does not count as one that the cluster has.
 */
export function confirmedWith(cluster: Cluster, role: string): Node[] {
  return nodesWith(cluster, role).filter((node) => node.pendingUntil === null);
}

/** Whether who sees this sends requests to others: to the backends of routes, or to what a role serves. */
export function seesPools(seen: ReadonlySet<Seen>): boolean {
  return [...seen].some((one) => one === 'routes' || one.startsWith('pools/'));
}

/** Whether others send requests to a node for the sake of one of its roles. */
export function isServer(catalogue: Catalogue, node: Pick<Node, 'roles'>): boolean {
  return rolesOf(catalogue, node).some(({ serves }) => serves !== null);
}

/** Processes of the roles that serve a pool. */
export function servingProcesses(catalogue: Catalogue): string[] {
  const serving = [...catalogue.roles.values()].filter(({ serves }) => serves !== null);
  return serving.flatMap(({ name }) => processNames(catalogue, name));
}

/** Roles whose nodes are the members of a pool. */
export function rolesServing({ roles }: Catalogue, pool: string): string[] {
  return [...roles.values()].filter(({ serves }) => serves?.pool === pool).map(({ name }) => name);
}

/** Roles that are told of something. */
export function rolesSeeing({ roles }: Catalogue, seen: Seen): string[] {
  return [...roles.values()].filter(({ sees }) => sees.includes(seen)).map(({ name }) => name);
}

/** What a node is told for the sake of any of its roles. */
export function seenBy(catalogue: Catalogue, node: Pick<Node, 'roles'>): ReadonlySet<Seen> {
  return new Set(rolesOf(catalogue, node).flatMap(({ sees }) => sees));
}

/**
 * What the cluster as a whole would lack: a role under its minimum or over its maximum, or one
 * that another in use needs. Checked on the document as it would be after a change.
 */
export function shortage(catalogue: Catalogue, cluster: Cluster): KatoError | undefined {
  const roles = [...catalogue.roles.values()].map((role) => ({
    role,
    holders: nodesWith(cluster, role.name),
  }));
  for (const { role, holders } of roles) {
    const refusal = miscount(role, holders, confirmedWith(cluster, role.name));
    if (refusal !== undefined) return refusal;
  }
  for (const { role, holders } of roles) {
    const missing = role.needs.find((needed) => confirmedWith(cluster, needed).length === 0);
    if (holders.length === 0 || missing === undefined) continue;
    return refuse(
      'ROLE_NEEDED',
      `the role '${role.name}' needs '${missing}'`,
      `${namesOf(holders, ', ')} would have '${role.name}', and no node '${missing}'`,
      `add it first: kato role add ${missing}`,
    );
  }
  return undefined;
}

function miscount(
  { name, perCluster, given }: RoleDefinition,
  holders: Node[],
  confirmed: Node[],
): KatoError | undefined {
  const { min, max } = perCluster;
  if (confirmed.length < min) {
    return refuse(
      'ROLE_NEEDED',
      `the cluster needs the role '${name}' on ${min === 1 ? 'a node' : `${min} nodes`}`,
      `after this ${confirmed.length === 0 ? 'no node' : `only ${confirmed.length}`} would have it`,
      given === 'add' ? `add it to another node first: kato role add -n NODE ${name}` : undefined,
    );
  }
  if (max === null || holders.length <= max) return undefined;
  return refuse(
    'ROLE_LIMIT',
    `the role '${name}' is allowed on ${max === 1 ? 'one node' : `${max} nodes`} only`,
    `${namesOf(holders, ' and ')} would have it`,
    `remove it from another node first: kato role remove -n NODE ${name}`,
  );
}

function namesOf(nodes: readonly Node[], separator: string): string {
  return nodes.map((node) => node.name).join(separator);
}
