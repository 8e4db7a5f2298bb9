import type { Node } from '../document/cluster.ts';
import type {
  Catalogue,
  PortDefinition,
  ProcessDefinition,
  RoleDefinition,
} from '../roles/role.ts';

/** A process with all roles of the node that have it. */
export interface PlannedProcess {
  definition: ProcessDefinition;
  roles: RoleDefinition[];
  ports: PortDefinition[];
  /** One of its roles is not stopped. */
  wanted: boolean;
}

/** The processes of a node's roles, each once, in the order in which they start. */
export function processesOf(catalogue: Catalogue, node: Node): PlannedProcess[] {
  const planned = new Map<string, PlannedProcess>();
  for (const role of startOrder(catalogue, Object.keys(node.roles))) {
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

/** Roles by name, but each after those that it needs: the bus before what talks over it. */
function startOrder(catalogue: Catalogue, names: readonly string[]): RoleDefinition[] {
  const ordered = new Set<RoleDefinition>();
  const visit = (name: string, above: readonly string[]): void => {
    const role = catalogue.roles.get(name);
    if (role === undefined) return;
    for (const needed of role.needs) {
      if (names.includes(needed) && !above.includes(needed)) visit(needed, [...above, name]);
    }
    ordered.add(role);
  };
  for (const name of [...names].sort()) visit(name, []);
  return [...ordered];
}
