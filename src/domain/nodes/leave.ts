import { refuse } from '../base/error.ts';
import { type Asked, changed, type Decision, unchanged } from '../document/change.ts';
import type { Cluster, FormerNode, Node } from '../document/cluster.ts';
import { lastRemoved } from '../roles/last.ts';
import { shortage } from '../roles/roles.ts';
import { isCore } from './core.ts';
import { findNode, withNode } from './find-node.ts';
import { PENDING_SECONDS } from './join.ts';
import { without } from './records.ts';

/** A removed node may ask for this long whether it was removed. */
const FORMER_DAYS = 30;
const DAY_MS = 86_400_000;

export interface NodesRemoved {
  removed: { id: string; name: string; address: string }[];
}

/**
 * Takes nodes out of the cluster: several at once, all or none. Who is `awaited` counts as touched
 * until it says that its roles are stopped.
 */
export function removeNodes(
  cluster: Cluster,
  params: {
    nodes: string[];
    awaited: (id: string) => boolean;
    force: boolean;
  },
  asked: Asked,
): Decision<NodesRemoved> {
  const leaving = [...new Set(params.nodes.map((called) => findNode(cluster, called)))];
  const core = leaving.find((node) => isCore(node, asked.catalogue));
  if (core !== undefined) {
    throw refuse(
      'ROLE_NEEDED',
      `the core ${core.name} cannot be removed`,
      'it holds the bus and the state of the cluster',
      'on the core, when all other nodes are removed: kato node detach --yes',
    );
  }
  const nodes = without(
    cluster.nodes,
    leaving.map((node) => node.id),
  );
  const after = { ...cluster, nodes };
  const refusal =
    shortage(asked.catalogue, after) ?? lastRemoved(cluster, after, asked, params.force);
  if (refusal !== undefined) throw refusal;
  const former = recentlyFormer(cluster, asked.at);
  for (const { id, name, key } of leaving) {
    former[id] = { id, name, key, removedAt: asked.at, awaited: params.awaited(id) };
  }
  const removed = leaving.map(({ id, name, address }) => ({ id, name, address }));
  return changed(cluster, { nodes, former }, { removed });
}

/** A removed node says that its roles are stopped. */
export function settleFormer(cluster: Cluster, params: { id: string }): Decision<null> {
  const node = cluster.former[params.id];
  if (node === undefined || !node.awaited) return unchanged(cluster, null);
  const former = { ...cluster.former, [node.id]: { ...node, awaited: false } };
  return changed(cluster, { former }, null);
}

export interface Confirmation {
  node: string;
  version: string;
  catalogue: string[];
  /** Whether the node whose place it takes is dead or left still. */
  replacedIsGone: boolean;
}

/**
 * A node was seen with its own key: its record is final, and whose place it takes is `former`. Where
 * that one has come back meanwhile, it stays, and the new one goes.
 */
export function confirmNode(
  cluster: Cluster,
  params: Confirmation,
  { at, presence }: Pick<Asked, 'at' | 'presence'>,
): Decision<null> {
  const { replaces, ...before } = findNode(cluster, params.node);
  const node = { ...before, held: heldNow(before, presence(before.id).bootId) };
  const { version, catalogue } = params;
  const replaced = replaces === undefined ? undefined : cluster.nodes[replaces];
  if (replaced !== undefined && !params.replacedIsGone) {
    return changed(cluster, makeFormer(cluster, node, at), null);
  }
  const after: Node = { ...node, pendingUntil: null, version, catalogue };
  if (replaced !== undefined) {
    const { nodes, former } = makeFormer(cluster, replaced, at, node.id);
    return changed(cluster, { nodes: { ...nodes, [node.id]: after }, former }, null);
  }
  const same =
    node.pendingUntil === null &&
    node.version === version &&
    node.catalogue.join() === catalogue.join() &&
    Object.keys(node.held).length === Object.keys(before.held).length;
  return same ? unchanged(cluster, null) : changed(cluster, withNode(cluster, after), null);
}

/** A hold ends with the boot that it is for. */
function heldNow({ held }: Pick<Node, 'held'>, bootId: string | null): Node['held'] {
  if (bootId === null) return held;
  return Object.fromEntries(Object.entries(held).filter(([, boot]) => boot === bootId));
}

function makeFormer(cluster: Cluster, { id, name, key }: Node, at: string, replacedBy?: string) {
  const record = { id, name, key, removedAt: at, awaited: false };
  return {
    nodes: without(cluster.nodes, [id]),
    former: {
      ...recentlyFormer(cluster, at),
      [id]: replacedBy === undefined ? record : { ...record, replacedBy },
    },
  };
}

/** Records whose joiner broke off: gone without a trace. */
export function dropAbandoned(cluster: Cluster, at: string): Decision<string[]> {
  const abandoned = Object.values(cluster.nodes).filter(
    (node) => node.pendingUntil !== null && node.pendingUntil <= at,
  );
  if (abandoned.length === 0) return unchanged(cluster, []);
  const ids = abandoned.map((node) => node.id);
  return changed(cluster, { nodes: without(cluster.nodes, ids) }, ids);
}

export function pendingUntil(at: string): string {
  return new Date(Date.parse(at) + PENDING_SECONDS * 1000).toISOString();
}

export function isFormer(cluster: Cluster, id: string): boolean {
  return cluster.nodes[id] === undefined && cluster.former[id] !== undefined;
}

/** Those who may still ask whether they were removed. */
export function recentlyFormer(cluster: Cluster, at: string): Cluster['former'] {
  return Object.fromEntries(
    Object.entries(cluster.former).filter(([, node]) => formerUntil(node) > at),
  );
}

/** ISO time from which a removed node may ask no more. */
export function formerUntil({ removedAt }: FormerNode): string {
  return new Date(Date.parse(removedAt) + FORMER_DAYS * DAY_MS).toISOString();
}
