import type { Catalogue } from '../../domain/roles/role.ts';
import { expandRoles } from '../../domain/roles/roles.ts';
import { newToken } from '../../operations/local/new-token.ts';
import { type AgentInfo, askForChange } from '../session/session.ts';
import type { AttachLine } from './core.ts';

const TTL_SECONDS = 3600;

/** What kinds of nodes are attached how, in the order in which a cluster grows. */
const KINDS = [
  { kind: 'router', roles: ['router'], next: null },
  {
    kind: 'load balancer',
    roles: ['router', 'load_balancer'],
    next: 'kato node setup load_balancer',
  },
  { kind: 'data services', roles: ['data-services'], next: null },
] as const;

/** One complete line for each kind of node, each with a token of its own that allows its roles only. */
export async function attachLines(
  catalogue: Catalogue,
  { id: clusterId, core, ca }: AgentInfo['cluster'],
): Promise<AttachLine[]> {
  const lines: AttachLine[] = [];
  for (const { kind, roles, next } of KINDS) {
    const { params, token } = newToken({ core, clusterId, ca });
    const { result } = await askForChange<{ expiresAt: string; usesLeft: number }>('token.create', {
      ...params,
      roles: expandRoles(catalogue, roles),
      admin: false,
      uses: 1,
      ttlSeconds: TTL_SECONDS,
    });
    const command = `kato node attach -e ${roles[0]} ${core.address}${next === null ? '' : ` && ${next}`}`;
    const { expiresAt, usesLeft } = result;
    lines.push({ kind, token, command, uses: usesLeft, expiresAt });
  }
  return lines;
}
