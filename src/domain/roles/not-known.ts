import { type KatoError, refuse } from '../base/error.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import type { Catalogue } from './role.ts';
import { confirmedWith } from './roles.ts';

/** What is done where one machine has the file of a role and another has not. */
const SAME_KATO =
  'install the same kato there as on the core; if it is there, restart its agent: s6-svc -r /var/lib/kato/service/agent; on a controller also: s6-svc -r /var/lib/kato/service/controller';

/** Why this machine does nothing for a role that it has: what runs of it goes on. */
export function unknownHere(role: string): KatoError {
  return refuse(
    'VERSION',
    `this node does not know its role '${role}', and leaves it as it is`,
    `the kato of its agent has no roles/${role}.yml`,
    SAME_KATO,
  );
}

/** The same, where it is the controller that made the view. */
export function unknownToController(role: string): KatoError {
  return refuse(
    'VERSION',
    `the controller does not know the role '${role}'`,
    `the kato of that controller has no roles/${role}.yml: what runs of it stays as it is`,
    SAME_KATO,
  );
}

/** VERSION where the node that is to have a role, or a controller, has said that it does not know it. */
export function checkKnown(
  cluster: Cluster,
  catalogue: Catalogue,
  role: string,
  nodes: readonly Node[],
): void {
  const [lacking] = whoLacks(cluster, catalogue, role, nodes);
  if (lacking === undefined) return;
  throw refuse(
    'VERSION',
    `node ${lacking.name} does not know the role '${role}'`,
    `kato ${lacking.version} on it has no roles/${role}.yml`,
    SAME_KATO,
  );
}

/** Of these nodes and all controllers those that have told what they know, and not this role. */
export function whoLacks(
  cluster: Cluster,
  catalogue: Catalogue,
  role: string,
  nodes: readonly Node[],
): Node[] {
  const vital = [...catalogue.roles.values()].filter((one) => one.vital);
  const controllers = vital.flatMap(({ name }) => confirmedWith(cluster, name));
  return [...new Set([...nodes, ...controllers])].filter((one) => !one.catalogue.includes(role));
}
