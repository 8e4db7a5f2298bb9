import { refuse } from '../base/error.ts';
import { didYouMean } from '../base/names.ts';
import { own } from '../base/own.ts';
import type { Cluster, Node } from '../document/cluster.ts';

/** By id, name or address. A name that stands for several nodes must be said more exactly. */
export function findNode(cluster: Cluster, called: string): Node {
  const found = nodesCalled(cluster, called);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    throw refuse(
      'CONFLICT',
      `'${called}' stands for ${found.length} nodes`,
      `they are ${found.map((node) => `${node.name} (${node.address})`).join(', ')}`,
      'name one of them by its id, from kato node list --json',
    );
  }
  const known = Object.values(cluster.nodes).flatMap((node) => [node.name, node.address]);
  throw refuse(
    'UNKNOWN_NODE',
    `there is no node '${called}'`,
    didYouMean(called, known),
    'kato node list shows all nodes',
  );
}

export function nodesCalled(cluster: Cluster, called: string): Node[] {
  const byId = own(cluster.nodes, called);
  if (byId !== undefined) return [byId];
  const nodes = Object.values(cluster.nodes);
  const found = nodes.filter((node) => node.name === called || node.address === called);
  // One that is to take the place of another has its name and address before it has shown its key.
  const confirmed = found.filter((node) => node.pendingUntil === null);
  return confirmed.length > 0 ? confirmed : found;
}

/** What people call it, or called it while it was one. */
export function nameOfNode({ nodes, former }: Cluster, id: string): string {
  return (own(nodes, id) ?? own(former, id))?.name ?? id;
}

export function withNode(cluster: Cluster, node: Node): Pick<Cluster, 'nodes'> {
  return { nodes: { ...cluster.nodes, [node.id]: node } };
}
