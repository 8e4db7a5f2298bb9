import { own } from '../base/own.ts';
import { freeName } from '../nodes/join.ts';
import { pendingUntil } from '../nodes/leave.ts';
import type { Cluster, FormerNode, Node, Token } from './cluster.ts';

/**
 * A saved state that comes back brings wishes back: roles, routes, settings. What was taken away
 * since then stays away: tokens, announcers, nodes and their keys; and what a node is, it is by now.
 */
export interface Reconciled {
  cluster: Cluster;
  /** Names of what counts again, although it may have been removed since: nobody can tell any more. */
  again: { nodes: string[]; announcers: string[] };
}

/** Whether all that became of the saved state is in the other one, or was taken away from it. */
export function goesOnFrom(present: Cluster, saved: Cluster): boolean {
  return present.lineage === saved.lineage && present.revision >= saved.revision;
}

/** The saved state beside the one that is, or that was known last, of the same cluster. */
export function reconcile(saved: Cluster, present: Cluster, at: string): Reconciled {
  const isComplete = goesOnFrom(present, saved);
  const moved = movedSince(saved, present);
  const kept: Record<string, Node> = {};
  const gone: Node[] = [];
  const unknown: Node[] = [];
  for (const node of Object.values(saved.nodes)) {
    const now = present.nodes[node.id];
    if (now !== undefined) kept[node.id] = asItIs(node, now, moved);
    else if (isComplete || present.former[node.id] !== undefined) gone.push(node);
    else unknown.push(node);
  }
  for (const node of unknown) {
    const holder = Object.values(kept).find(({ address }) => address === node.address);
    if (holder !== undefined) gone.push(node);
    else kept[node.id] = asItMayBe(node, kept, at);
  }
  const again = unknown.filter(({ id }) => id in kept).map(({ name }) => name);
  const announcers = announcersOf(saved, present, isComplete);
  const exportKey = present.exportKey ?? saved.exportKey;
  const cluster: Cluster = {
    ...saved,
    nodes: kept,
    former: formerOf(saved, present, kept, gone, at),
    tokens: tokensOf(saved, present, isComplete, at),
    announcers: announcers.kept,
    ...(exportKey === undefined ? {} : { exportKey }),
  };
  return { cluster, again: { nodes: again, announcers: announcers.again } };
}

/** Only the saved state, if nothing is known of what became of it. */
export function reconcileAlone(saved: Cluster, at: string): Reconciled {
  const nodes: Record<string, Node> = {};
  for (const node of Object.values(saved.nodes)) nodes[node.id] = asItMayBe(node, nodes, at);
  const tokens = Object.values(saved.tokens).map((token) => [token.id, ended(token, at)] as const);
  const again = {
    nodes: Object.values(saved.nodes).map(({ name }) => name),
    announcers: Object.keys(saved.announcers),
  };
  return { cluster: { ...saved, nodes, tokens: Object.fromEntries(tokens) }, again };
}

/** Addresses of then, and where those nodes are now. */
function movedSince(saved: Cluster, present: Cluster): ReadonlyMap<string, string> {
  return new Map(
    Object.values(saved.nodes).flatMap(({ id, address }): [string, string][] => {
      const now = present.nodes[id];
      return now === undefined || now.address === address ? [] : [[address, now.address]];
    }),
  );
}

/** Wishes of then; who and where it is, what it has and what it may, as of now. */
function asItIs(then: Node, now: Node, moved: ReadonlyMap<string, string>): Node {
  const { zone, roles, excludeSelf } = then;
  const pinnedRouters = then.pinnedRouters?.map((router) => moved.get(router) ?? router) ?? null;
  const restarts = { ...then.restarts };
  for (const [process, count] of Object.entries(now.restarts)) {
    restarts[process] = Math.max(count, own(restarts, process) ?? 0);
  }
  const purged = then.purged.filter((process) => now.purged.includes(process));
  const admin = then.admin && now.admin;
  return { ...now, zone, roles, pinnedRouters, excludeSelf, restarts, purged, admin };
}

/**
 * Of a node nothing is known since then: data that was to be deleted then may be in use by now, and
 * one that was just joining may have joined.
 */
function asItMayBe(then: Node, others: Readonly<Record<string, Node>>, at: string): Node {
  const taken = new Set(Object.values(others).map(({ name }) => name));
  const isPending = then.pendingUntil !== null;
  return {
    ...then,
    name: freeName(then.name, taken),
    purged: [],
    pendingUntil: isPending ? pendingUntil(at) : null,
  };
}

/** Who has gone may ask whether it was removed, by the key that it had last. */
function formerOf(
  saved: Cluster,
  present: Cluster,
  kept: Readonly<Record<string, Node>>,
  gone: readonly Node[],
  at: string,
): Cluster['former'] {
  const lost = Object.values(present.nodes).filter(({ id }) => !(id in kept));
  const left = [...gone, ...lost].map(({ id, name, key }): [string, FormerNode] => [
    id,
    { id, name, key, removedAt: at, awaited: false },
  ]);
  const all = { ...saved.former, ...Object.fromEntries(left), ...present.former };
  return Object.fromEntries(Object.entries(all).filter(([id]) => !(id in kept)));
}

/** Spent, revoked or forgotten since then, they stay so; what is not known any more has ended. */
function tokensOf(
  saved: Cluster,
  present: Cluster,
  isComplete: boolean,
  at: string,
): Cluster['tokens'] {
  const tokens = Object.values(saved.tokens).flatMap((then): Token[] => {
    const now = own(present.tokens, then.id);
    if (now === undefined) return isComplete ? [] : [ended(then, at)];
    const usesLeft = Math.min(then.usesLeft, now.usesLeft);
    return [{ ...then, usesLeft, revokedAt: now.revokedAt ?? then.revokedAt }];
  });
  return Object.fromEntries(tokens.map((token) => [token.id, token]));
}

function ended(token: Token, at: string): Token {
  return { ...token, revokedAt: token.revokedAt ?? at };
}

function announcersOf(saved: Cluster, present: Cluster, isComplete: boolean) {
  const kept: Cluster['announcers'] = {};
  const again: string[] = [];
  for (const then of Object.values(saved.announcers)) {
    const now = own(present.announcers, then.name);
    if (now !== undefined) kept[then.name] = now;
    else if (!isComplete) {
      kept[then.name] = then;
      again.push(then.name);
    }
  }
  return { kept, again };
}
