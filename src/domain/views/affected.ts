import type { Cluster, Node } from '../document/cluster.ts';
import { awaiting, turnOf } from '../rolls/rolls.ts';
import { type Parts, startParts } from './parts.ts';
import { partsOf, type ViewInput } from './seen-parts.ts';

/**
 * What of a view a change can be about. The rest is how other nodes are, which is waited for where it is
 * lived by: pools, peers and clients follow from theirs.
 */
const ABOUT = [
  'cluster',
  'settings',
  'keptExport',
  'certificates',
  'routes',
  'busUsers',
  'warden',
] as const;

/**
 * Ids of the nodes that a change of the document is about: those whose record, or what they see of the
 * cluster itself, is another one after it, and those it takes out that have to say that they stopped. In a
 * new history all are. `parts` are those of the state before, `next` those of the one after it.
 */
export function affectedBy(
  before: ViewInput,
  after: Cluster,
  parts: Parts = startParts(),
  next: Parts = startParts(parts),
): string[] {
  const { nodes, former, lineage, epoch } = before.cluster;
  if (after.lineage !== lineage || after.epoch !== epoch) return Object.keys(after.nodes);
  const changed = { ...before, cluster: after };
  // Those whose turn is still to come have another view only then.
  const begun = Object.entries(after.rolls ?? {}).filter(
    ([role, { asked }]) => asked.at(-1) !== before.cluster.rolls?.[role]?.asked.at(-1),
  );
  const toCome = new Set(
    begun.flatMap(([role, roll]) => [
      turnOf(roll).node,
      ...awaiting(after, before.catalogue, role).map(({ id }) => id),
    ]),
  );
  const isOther = (node: Node): boolean => {
    const was = nodes[node.id];
    if (was !== node) return true;
    const then = partsOf(before, parts, was);
    const now = partsOf(changed, next, node);
    if (now !== then && ABOUT.some((name) => now[name]?.hash !== then[name]?.hash)) return true;
    return toCome.has(node.id);
  };
  const leaving = Object.values(after.former).filter(
    ({ id, awaited }) => awaited && !(id in former),
  );
  return [...Object.values(after.nodes).filter(isOther), ...leaving].map(({ id }) => id);
}
