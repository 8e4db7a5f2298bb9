import { refuse } from '../base/error.ts';
import { LABEL_LENGTH_MAX } from '../base/names.ts';
import { own } from '../base/own.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Node, Token } from '../document/cluster.ts';
import { checkMayHave } from '../roles/role-changes.ts';
import { expandRoles } from '../roles/roles.ts';
import { brokenRule } from '../roles/rules.ts';
import { type Place, placeOf } from './place.ts';
import { without } from './records.ts';

/** A pending record that never connected with its own key is taken away after this. */
export const PENDING_SECONDS = 300;

export interface Join {
  /** The id to give; made by the controller. Not used when a record is taken up again. */
  nodeId: string;
  tokenId: string;
  secretHash: string;
  key: string;
  name: string;
  /** A person chose it: another node of that name is refused, and not made room for. */
  nameChosen: boolean;
  hostname: string;
  address: string;
  machineId: string;
  version: string;
  catalogue: string[];
  roles: string[];
  noStart: boolean;
  /** The person accepts another version of kato. */
  force: boolean;
  coreVersion: string;
  pendingUntil: string;
  /** Nodes that are dead or left, whose records a wiped machine may take. */
  gone: string[];
}

export interface Joined {
  nodeId: string;
  name: string;
}

/** A machine becomes a node, pending until it connects with its own key. */
export function join(cluster: Cluster, params: Join, asked: Asked): Decision<Joined> {
  const token = checkToken(cluster, params, asked.at);
  checkVersion(params);
  const again = nodeWithKey(cluster, params.key);
  if (again !== undefined) return unchanged(cluster, { nodeId: again.id, name: again.name });
  spendable(token);
  const place = placeOf(cluster, params, token, asked);
  const wanted = expandRoles(asked.catalogue, params.roles);
  const roles = [...new Set([...alwaysGiven(asked), ...wanted])];
  const node = newNode(cluster, params, token, place, roles, asked);
  for (const role of wanted) {
    checkTokenRole(token, role, wanted);
    checkMayHave(cluster, node, role, asked.catalogue, token.admin);
  }
  const nodes = { ...without(cluster.nodes, place.abandoned), [node.id]: node };
  const refusal = brokenRule({ ...cluster, nodes }, asked.catalogue, node);
  if (refusal !== undefined) throw refusal;
  const tokens = { ...cluster.tokens, [token.id]: { ...token, usesLeft: token.usesLeft - 1 } };
  const result = { nodeId: node.id, name: node.name };
  return changed(cluster, { nodes, tokens }, result);
}

type Shown = Pick<Join, 'tokenId' | 'secretHash' | 'key'>;

/**
 * Refuses what no later document would allow either: a token that has ended stays so. One that is not
 * known here may have been made a moment ago.
 */
export function judgeToken(cluster: Cluster, shown: Shown, at: string): void {
  if (own(cluster.tokens, shown.tokenId) === undefined) return;
  const token = checkToken(cluster, shown, at);
  if (nodeWithKey(cluster, shown.key) === undefined) spendable(token);
}

/** A machine that asks again, since it did not hear that it was let in. */
function nodeWithKey(cluster: Cluster, key: string): Node | undefined {
  return Object.values(cluster.nodes).find((node) => node.key === key);
}

function checkToken(cluster: Cluster, params: Shown, at: string): Token {
  const token = own(cluster.tokens, params.tokenId);
  const next = 'make a new one on the core: kato token create';
  if (token === undefined || token.secretHash !== params.secretHash) {
    throw refuse('TOKEN_UNKNOWN', 'the token is not known to this cluster', undefined, next);
  }
  if (token.revokedAt !== null) {
    throw refuse(
      'TOKEN_REVOKED',
      `the token ${token.id} is revoked`,
      `since ${token.revokedAt}`,
      next,
    );
  }
  if (token.expiresAt <= at) {
    throw refuse(
      'TOKEN_EXPIRED',
      `the token ${token.id} has expired`,
      `it was good until ${token.expiresAt}`,
      next,
    );
  }
  return token;
}

function spendable(token: Token): void {
  if (token.usesLeft > 0) return;
  throw refuse(
    'TOKEN_USED',
    `the token ${token.id} is used up`,
    'each token is good for the number of nodes it was made for',
    'make a new one on the core: kato token create --uses N',
  );
}

/** The new token is to allow all that is wanted: one for each role in turn would never do. */
function checkTokenRole(token: Token, role: string, wanted: readonly string[]): void {
  if (token.roles === null || token.roles.includes(role)) return;
  throw refuse(
    'TOKEN_ROLE',
    `the token ${token.id} does not allow the role '${role}'`,
    `it allows ${token.roles.join(', ') || 'no role'}`,
    `make one on the core: kato token create --roles ${wanted.join(',')}`,
  );
}

/** Nodes of one minor version work together. */
function compatible(a: string, b: string): boolean {
  const minor = (version: string): string => version.split('.').slice(0, 2).join('.');
  return minor(a) === minor(b);
}

function checkVersion(params: Join): void {
  if (params.force || compatible(params.version, params.coreVersion)) return;
  throw refuse(
    'VERSION',
    `kato ${params.version} here is not compatible with kato ${params.coreVersion} on the core`,
    'nodes of one cluster share the major and minor version',
    'install the same version, or attach with --force',
  );
}

function newNode(
  cluster: Cluster,
  params: Join,
  token: Token,
  { abandoned, replaced }: Place,
  roles: string[],
  asked: Asked,
): Node {
  const always = alwaysGiven(asked);
  const stopped = (role: string) =>
    params.noStart && !always.includes(role) ? { by: params.nodeId, at: asked.at } : null;
  const taken = new Set(
    Object.values(cluster.nodes)
      .filter((node) => node.id !== replaced?.id && !abandoned.includes(node.id))
      .map((node) => node.name),
  );
  return {
    id: params.nodeId,
    name: nameOf(params, taken),
    hostname: params.hostname,
    address: params.address,
    zone: replaced?.zone ?? 'default',
    admin: token.admin,
    key: params.key,
    machineId: params.machineId,
    version: params.version,
    catalogue: params.catalogue,
    allowedRoles: token.roles,
    pendingUntil: params.pendingUntil,
    ...(replaced === undefined ? {} : { replaces: replaced.id }),
    joinedAt: asked.at,
    roles: Object.fromEntries(roles.map((role) => [role, { stopped: stopped(role) }])),
    held: {},
    restarts: {},
    purged: [],
    pinnedRouters: null,
    excludeSelf: true,
  };
}

function nameOf({ name, nameChosen }: Join, taken: ReadonlySet<string>): string {
  if (!nameChosen || !taken.has(name)) return freeName(name, taken);
  throw refuse(
    'CONFLICT',
    `there is already a node ${name}`,
    'names are unique in a cluster',
    `give another with --name, such as ${freeName(name, taken)}`,
  );
}

/** Several machines may carry one host name (seed 004 renames them so): names stay unique. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  const numbered = (count: number): string => {
    const suffix = `-${count}`;
    return wanted.slice(0, LABEL_LENGTH_MAX - suffix.length) + suffix;
  };
  let count = 2;
  while (taken.has(numbered(count))) count++;
  return numbered(count);
}

function alwaysGiven(asked: Asked): string[] {
  return [...asked.catalogue.roles.values()]
    .filter((role) => role.given === 'always')
    .map((role) => role.name);
}
