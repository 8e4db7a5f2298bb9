import type { Node } from '../document/cluster.ts';
import type { Catalogue, RoleDefinition, Seen } from '../roles/role.ts';
import { rolesOf, seenBy } from '../roles/roles.ts';

/** What the roles of a node, which are known here, ask for. */
export interface Asks {
  /** Their names: who has the same ones is given the same. */
  roles: string;
  definitions: readonly RoleDefinition[];
  seen: ReadonlySet<Seen>;
  /** Names of the pools that they see by name. */
  pools: readonly string[];
  /** Those of them that see their peers. */
  seers: readonly string[];
}

const ASKS = new WeakMap<Catalogue, WeakMap<Node['roles'], Asks>>();

/** Kept for each record of roles: a thousand nodes are looked through at each change. */
export function asksOf(catalogue: Catalogue, { roles }: Node): Asks {
  const ofCatalogue = ASKS.get(catalogue) ?? new WeakMap<Node['roles'], Asks>();
  ASKS.set(catalogue, ofCatalogue);
  let asks = ofCatalogue.get(roles);
  if (asks === undefined) {
    const definitions = rolesOf(catalogue, { roles });
    const seen = seenBy(catalogue, { roles });
    asks = {
      roles: definitions.map(({ name }) => name).join(' '),
      definitions,
      seen,
      pools: [...seen].filter((one) => one.startsWith('pools/')).map((one) => one.slice(6)),
      seers: definitions.filter(({ sees }) => sees.includes('peers')).map(({ name }) => name),
    };
    ofCatalogue.set(roles, asks);
  }
  return asks;
}
