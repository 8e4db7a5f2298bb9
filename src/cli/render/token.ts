import type { TokenInfo } from '../../domain/access/tokens.ts';
import { counted } from '../../domain/base/counted.ts';
import { table } from './text/table.ts';
import { localTime } from './text/time.ts';

/** A token, shown once: the cluster keeps only a hash of it. */
export interface NewTokenValue extends TokenInfo {
  token: string;
  /** The complete command for the machine that is to join. */
  attach: string;
}

/** The token stands alone in its line and is never broken: it is copied from here. */
export function newTokenLines(value: NewTokenValue): string[] {
  return [
    `token ${value.id}: ${counted(value.usesLeft, 'use')}, until ${localTime(value.expiresAt)}`,
    `roles: ${rolesText(value)}`,
    '',
    'On the machine that is to join, as root:',
    '',
    // The space in front keeps the token out of a shell's history.
    ` ${value.attach}`,
    ...(value.roles?.includes('load_balancer')
      ? ['', 'where it is to be a load balancer, then there: kato node setup load_balancer']
      : []),
  ];
}

export function tokenListLines(tokens: readonly TokenInfo[], width: number): string[] {
  if (tokens.length === 0) return ['no tokens; make one with kato token create'];
  const rows = tokens.map((token) => [
    token.id,
    token.state,
    String(token.usesLeft),
    localTime(token.expiresAt),
    rolesText(token),
  ]);
  return table([['ID', 'STATE', 'USES LEFT', 'UNTIL', 'ROLES'], ...rows], width);
}

function rolesText({ roles, admin }: TokenInfo): string {
  // Roles that hold secrets of the cluster are given by an admin alone.
  const all = admin ? 'any' : 'any plain';
  const text = roles === null ? all : roles.join(' ') || 'none';
  return admin ? `${text}, admin` : text;
}
