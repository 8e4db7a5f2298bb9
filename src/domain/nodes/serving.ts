import { own, valuesInOrder } from '../base/own.ts';
import type { Asked } from '../document/change.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import type { Report } from '../making/step.ts';
import type { Catalogue } from '../roles/role.ts';
import { confirmedWith, processNames } from '../roles/roles.ts';
import { isWanted, wantedToServe } from '../roles/wanted-since.ts';
import type { ServingTold } from './presence.ts';
import { isReady, type Ready, type ReadySince } from './ready.ts';
import { bumped } from './records.ts';

/**
 * What one controller makes of it, by the last report of each node's present boot; null where there is none. A
 * node that has left has to say anew that it is ready.
 */
export function nextReady(
  cluster: Cluster,
  catalogue: Catalogue,
  before: Ready | undefined,
  known: {
    reportOf(nodeId: string): Report | null;
    hasLeft(nodeId: string): boolean;
    /** Above that of all verdicts so far. */
    number: number;
  },
): Ready {
  const ready: Record<string, Record<string, ReadySince>> = {};
  for (const node of valuesInOrder(cluster.nodes)) {
    if (node.pendingUntil !== null || known.hasLeft(node.id)) continue;
    for (const { name } of wantedToServe(node, catalogue)) {
      const { since } = node.roles[name]!;
      if (since === undefined) continue;
      const was = isReady(before, node, name) ? before?.[node.id]?.[name] : undefined;
      const isNow = () =>
        servingNow(cluster, catalogue, node, name, known.reportOf(node.id)) === 'yes';
      const now = was ?? (isNow() ? { since, number: known.number } : undefined);
      if (now !== undefined) ready[node.id] = { ...ready[node.id], [name]: now };
    }
  }
  return ready;
}

/**
 * Whether a role serves, as its node has told since it is to: not where another program has its port. While it
 * starts, or nothing was told, it is as it was: `unknown`.
 */
export function servingNow(
  { lineage }: Pick<Cluster, 'lineage'>,
  catalogue: Catalogue,
  { roles }: Node,
  role: string,
  report: ServingTold | null,
): 'yes' | 'no' | 'unknown' {
  const since = roles[role]?.since ?? 0;
  if (report === null || report.version.lineage !== lineage || report.version.revision < since)
    return 'unknown';
  const names = processNames(catalogue, role);
  const isTaken = report.failures.some(
    ({ code, process }) => code === 'PORT_TAKEN' && names.includes(process),
  );
  if (isTaken) return 'no';
  const states = names.map((name) => own(report.processes, name)?.state);
  // It may be about to be restarted for what it was told then.
  const isDue = names.some((name) => (own(report.busy ?? {}, name) ?? -1) >= since);
  if (states.every((state) => state === 'RUNNING')) return isDue ? 'unknown' : 'yes';
  return states.some((state) => state === 'FATAL' || state === 'STOPPED') ? 'no' : 'unknown';
}

/**
 * A node some of whose processes are to be restarted. Roles that serve by them have to be ready anew, and leave
 * their pools for so long. Where nobody else serves they stay, for there is nowhere else to go.
 */
export function restarted(
  cluster: Cluster,
  node: Node,
  processes: readonly string[],
  asked: Asked,
): Node {
  const roles = { ...node.roles, ...leavingFirst(cluster, node, processes, asked) };
  return { ...node, roles, restarts: bumped(node.restarts, processes) };
}

/** Roles of the node that these processes serve, as it leaves their pools for: those that others serve, too. */
export function leavingFirst(
  cluster: Cluster,
  node: Node,
  processes: readonly string[],
  { catalogue, presence }: Asked,
): Node['roles'] {
  const since = cluster.revision + 1;
  const serves = (other: Node, role: string): boolean => {
    const { gone, report, ready } = presence(other.id);
    if (gone !== null || !isWanted(other, role, catalogue)) return false;
    // It may have said so a moment ago, and pools know it after that.
    if (!isReady({ [other.id]: ready }, other, role)) return false;
    return servingNow(cluster, catalogue, other, role, report) === 'yes';
  };
  const moving = wantedToServe(node, catalogue)
    .filter(({ name }) => processNames(catalogue, name).some((one) => processes.includes(one)))
    .filter(({ name }) =>
      confirmedWith(cluster, name).some((other) => other.id !== node.id && serves(other, name)),
    );
  return Object.fromEntries(moving.map(({ name }) => [name, { ...node.roles[name]!, since }]));
}
