import { refuse } from '../base/error.ts';
import { didYouMean } from '../base/names.ts';
import { own } from '../base/own.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, Token } from '../document/cluster.ts';
import { checkKnown } from '../roles/not-known.ts';
import { definitionOf, expandRoles, isTrusted, nodesWith } from '../roles/roles.ts';

const TOKEN_TTL_SECONDS_MAX = 30 * 86_400;
const TOKEN_USES_MAX = 10_000;
/** Ended tokens are shown this long, then forgotten. */
const ENDED_KEPT_MS = 7 * 86_400_000;

export interface TokenCreate {
  id: string;
  secretHash: string;
  key: string;
  roles: string[] | null;
  admin: boolean;
  uses: number;
  ttlSeconds: number;
}

export function createToken(
  cluster: Cluster,
  params: TokenCreate,
  asked: Asked,
): Decision<TokenInfo> {
  checkRange('--uses', params.uses, TOKEN_USES_MAX);
  checkRange('--ttl', params.ttlSeconds, TOKEN_TTL_SECONDS_MAX, ' s');
  if (cluster.tokens[params.id] !== undefined) {
    throw refuse('CONFLICT', `there is already a token '${params.id}'`);
  }
  const expiresAt = new Date(Date.parse(asked.at) + params.ttlSeconds * 1000).toISOString();
  const token: Token = {
    id: params.id,
    secretHash: params.secretHash,
    key: params.key,
    roles: params.roles === null ? null : allowedRoles(cluster, params.roles, params.admin, asked),
    admin: params.admin,
    usesLeft: params.uses,
    createdBy: asked.by,
    createdAt: asked.at,
    expiresAt,
    revokedAt: null,
  };
  const tokens = { ...stillShown(cluster, asked.at), [token.id]: token };
  // The bus must know it before it can be used.
  return changed(cluster, { tokens }, tokenInfo(token, asked.at));
}

/** What a node with the token may be given, at once or by a setup command. */
function allowedRoles(
  cluster: Cluster,
  names: readonly string[],
  admin: boolean,
  asked: Asked,
): string[] {
  const { catalogue } = asked;
  const roles = expandRoles(catalogue, names);
  const isFull = (role: string): boolean => {
    const { given, perCluster } = definitionOf(catalogue, role);
    const { max } = perCluster;
    return given === 'setup' && max !== null && nodesWith(cluster, role).length >= max;
  };
  const needsAdmin = (role: string): boolean => !admin && isTrusted(catalogue, role);
  const full = roles.find(isFull);
  if (full !== undefined) {
    const open = [...catalogue.roles.keys()].filter((role) => !isFull(role) && !needsAdmin(role));
    throw refuse(
      'ROLE_LIMIT',
      `no node that joins can have the role '${full}'`,
      `${nodesWith(cluster, full)[0]!.name} has it, and keeps it`,
      `a token may allow ${open.join(', ')}`,
    );
  }
  for (const role of roles) checkKnown(cluster, catalogue, role, []);
  const trusted = roles.find(needsAdmin);
  if (trusted === undefined) return roles;
  throw refuse(
    'NOT_ALLOWED',
    `only a token made with --admin gives the role '${trusted}'`,
    'a node that has it holds secrets of the whole cluster',
    `attach the node, then give it the role on the core: kato role add -n NODE ${trusted}`,
  );
}

export function revokeToken(
  cluster: Cluster,
  params: { id: string },
  asked: Asked,
): Decision<TokenInfo> {
  const token = own(cluster.tokens, params.id);
  if (token === undefined) {
    throw refuse(
      'NOT_FOUND',
      `there is no token '${params.id}'`,
      didYouMean(params.id, Object.keys(cluster.tokens)),
      'kato token list shows all tokens',
    );
  }
  if (token.revokedAt !== null) return unchanged(cluster, tokenInfo(token, asked.at));
  const revoked = { ...token, revokedAt: asked.at };
  const tokens = { ...cluster.tokens, [token.id]: revoked };
  return changed(cluster, { tokens }, tokenInfo(revoked, asked.at));
}

export interface TokenInfo {
  id: string;
  state: 'usable' | 'used' | 'expired' | 'revoked';
  roles: string[] | null;
  admin: boolean;
  usesLeft: number;
  createdAt: string;
  expiresAt: string;
}

export function tokenInfo(token: Token, at: string): TokenInfo {
  const { id, roles, admin, usesLeft, createdAt, expiresAt } = token;
  return { id, state: tokenState(token, at), roles, admin, usesLeft, createdAt, expiresAt };
}

function tokenState(token: Token, at: string): TokenInfo['state'] {
  if (token.revokedAt !== null) return 'revoked';
  if (token.usesLeft === 0) return 'used';
  return token.expiresAt <= at ? 'expired' : 'usable';
}

/** Tokens that can be used, and those that ended lately: their holders are told so by name. */
export function stillShown(cluster: Cluster, at: string): Record<string, Token> {
  return Object.fromEntries(
    Object.entries(cluster.tokens).filter(([, token]) => shownUntil(token) > at),
  );
}

/** ISO time until which an ended token is still shown. */
export function shownUntil({ expiresAt }: Token): string {
  return new Date(Date.parse(expiresAt) + ENDED_KEPT_MS).toISOString();
}

function checkRange(flag: string, value: number, maximum: number, unit = ''): void {
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return;
  throw refuse('BAD_VALUE', `${flag} must be a whole number from 1 to ${maximum}${unit}`);
}
