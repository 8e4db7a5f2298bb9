import { refuse } from '../base/error.ts';
import type { Catalogue } from '../roles/role.ts';
import { rolesSeeing, rolesServing } from '../roles/roles.ts';

/** Requests come to the cluster by its members. */
export const ROUTERS = 'routers';

export function routerRoles(catalogue: Catalogue): string[] {
  return rolesServing(catalogue, ROUTERS);
}

/** Roles that share requests out over the routers. */
export function balancerRoles(catalogue: Catalogue): string[] {
  return rolesSeeing(catalogue, `pools/${ROUTERS}`);
}

/** Roles that pass requests on: what they send to one another may go round in a circle. */
export function proxyRoles(catalogue: Catalogue): string[] {
  return [...rolesSeeing(catalogue, 'routes'), ...balancerRoles(catalogue)];
}

/** The one of them that `kato node setup load_balancer` gives. */
export function balancerRole(catalogue: Catalogue): string {
  const given = balancerRoles(catalogue).find(
    (name) => catalogue.roles.get(name)!.given === 'setup',
  );
  if (given !== undefined) return given;
  throw refuse('UNKNOWN_ROLE', 'no role of this kato is a load balancer that setup gives');
}
