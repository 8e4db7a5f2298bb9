import type { Cluster, Node, Token } from '../cluster.ts';
import { refuse } from '../error.ts';
import { LABEL_LENGTH_MAX } from '../names.ts';
import { expandRoles } from '../roles.ts';
import { brokenRule } from '../rules.ts';
import { type Asked, changed, type Decision, unchanged } from './change.ts';
import { without } from './records.ts';
import { checkMayHave } from './role-changes.ts';

/** A pending record that never connected with its own key is taken away after this. */
export const PENDING_SECONDS = 300;

export interface Join {
  /** The id to give; made by the controller. Not used when a record is taken up again. */
  nodeId: string;
  tokenId: string;
  secretHash: string;
  key: string;
  name: string;
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
  const again = Object.values(cluster.nodes).find((node) => node.key === params.key);
  if (again !== undefined) return unchanged(cluster, { nodeId: again.id, name: again.name });
  spendable(token);
  const place = placeOf(cluster, params, asked);
  const wanted = expandRoles(asked.catalogue, params.roles);
  const roles = [...new Set([...alwaysGiven(asked), ...wanted])];
  const node = newNode(cluster, params, token, place, roles, asked);
  for (const role of wanted) {
    checkTokenRole(token, role);
    checkMayHave(node, role, asked.catalogue, token.admin);
  }
  const others = place === undefined ? cluster.nodes : without(cluster.nodes, [place.id]);
  const nodes = { ...others, [node.id]: node };
  const former = withFormer(cluster, place, asked.at);
  const refusal = brokenRule({ ...cluster, nodes }, asked.catalogue, node);
  if (refusal !== undefined) throw refusal;
  const tokens = { ...cluster.tokens, [token.id]: { ...token, usesLeft: token.usesLeft - 1 } };
  const result = { nodeId: node.id, name: node.name };
  return changed(cluster, { nodes, former, tokens }, result, [node.id]);
}

function checkToken(cluster: Cluster, params: Join, at: string): Token {
  const token = cluster.tokens[params.tokenId];
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

function checkTokenRole(token: Token, role: string): void {
  if (token.roles === null || token.roles.includes(role)) return;
  throw refuse(
    'TOKEN_ROLE',
    `the token ${token.id} does not allow the role '${role}'`,
    `it allows ${token.roles.join(', ') || 'no role'}`,
    `make one on the core: kato token create --roles ${role}`,
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
    `kato ${params.version} here does not fit kato ${params.coreVersion} on the core`,
    'nodes of one cluster share major and minor version',
    'install the same version, or attach with --force',
  );
}

/** The dead or left record that a wiped machine takes the place of, when there is one. */
function placeOf(cluster: Cluster, params: Join, asked: Asked): Node | undefined {
  const same = Object.values(cluster.nodes).filter(
    (node) => node.address === params.address || isSameMachine(node, params),
  );
  const sameAddress = same.find((node) => node.address === params.address);
  const free = (node: Node): boolean =>
    params.gone.includes(node.id) && !node.admin && !('primary' in node.roles);
  if (sameAddress !== undefined) {
    if (isAbandoned(sameAddress, params, asked) || free(sameAddress)) return sameAddress;
    throw refuse(
      'CONFLICT',
      `the address ${params.address} belongs to node ${sameAddress.name}`,
      'that node is alive, or is the core',
      `give another address with --address, or remove it first: kato node remove ${sameAddress.name}`,
    );
  }
  // The same machine id alone may be a clone that was never cleaned: only a gone node gives way.
  return same.find(free);
}

/** Never seen with its own key: its time is over, or the same machine asks again without that key. */
function isAbandoned(node: Node, params: Join, { at }: Asked): boolean {
  const { pendingUntil } = node;
  return pendingUntil !== null && (pendingUntil <= at || isSameMachine(node, params));
}

/** Machines without a machine id, as many containers are, are not all the same one. */
function isSameMachine({ machineId }: Node, params: Join): boolean {
  return machineId !== '' && machineId === params.machineId;
}

/** A machine whose record was taken may still come back: it is then told that it was removed. */
function withFormer(cluster: Cluster, place: Node | undefined, at: string): Cluster['former'] {
  if (place === undefined || place.pendingUntil !== null) return cluster.former;
  const { id, name, key } = place;
  return { ...cluster.former, [id]: { id, name, key, removedAt: at, awaited: false } };
}

function newNode(
  cluster: Cluster,
  params: Join,
  token: Token,
  place: Node | undefined,
  roles: string[],
  asked: Asked,
): Node {
  const always = alwaysGiven(asked);
  const stopped = (role: string) =>
    params.noStart && !always.includes(role) ? { by: params.nodeId, at: asked.at } : null;
  const taken = new Set(
    Object.values(cluster.nodes)
      .filter((node) => node.id !== place?.id)
      .map((node) => node.name),
  );
  return {
    id: params.nodeId,
    name: freeName(params.name, taken),
    hostname: params.hostname,
    address: params.address,
    zone: place?.zone ?? 'default',
    admin: token.admin,
    key: params.key,
    machineId: params.machineId,
    version: params.version,
    catalogue: params.catalogue,
    allowedRoles: token.roles,
    pendingUntil: params.pendingUntil,
    joinedAt: asked.at,
    roles: Object.fromEntries(roles.map((role) => [role, { stopped: stopped(role) }])),
    held: {},
    restarts: {},
    purged: [],
    pinnedRouters: null,
    excludeSelf: true,
  };
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
