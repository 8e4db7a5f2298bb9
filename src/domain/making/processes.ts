import type { Node } from '../document/cluster.ts';
import type {
  Catalogue,
  PortDefinition,
  ProcessDefinition,
  RoleDefinition,
} from '../roles/role.ts';
import { rolesOf } from '../roles/roles.ts';

/** A process with all roles of the node that have it. */
export interface PlannedProcess {
  definition: ProcessDefinition;
  roles: RoleDefinition[];
  ports: PortDefinition[];
  /** One of its roles is not stopped. */
  wanted: boolean;
}

/** The processes of a node's roles, each once: in the order of the roles' names, for they start side by side. */
export function processesOf(catalogue: Catalogue, node: Node): PlannedProcess[] {
  const planned = new Map<string, PlannedProcess>();
  const roles = rolesOf(catalogue, node).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const role of roles) {
    const wanted = node.roles[role.name]?.stopped === null;
    for (const definition of role.processes) {
      const { name } = definition;
      const before = planned.get(name) ?? { definition, roles: [], ports: [], wanted: false };
      planned.set(name, {
        definition,
        roles: [...before.roles, role],
        ports: [...before.ports, ...role.ports.filter((port) => port.process === name)],
        wanted: before.wanted || wanted,
      });
    }
  }
  return [...planned.values()];
}
