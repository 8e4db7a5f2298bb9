import { reasonOf } from '../../domain/base/error.ts';
import { own } from '../../domain/base/own.ts';
import type { Cluster, OperationRecord } from '../../domain/document/cluster.ts';
import { type RollsAsked, rollsAskedAt } from '../../domain/rolls/stop.ts';
import type { NodeEnd } from '../../domain/telling/change-end.ts';
import { hasGone } from '../../domain/telling/status.ts';
import type { Knowledge } from '../operation.ts';
import { notFollowed, progressOf } from './progress.ts';

/** A change whose end nobody has seen yet. */
export interface OpenChange {
  id: string;
  revision: number;
  /** When this controller heard of it, by its clock. */
  sinceMs: number;
  /** Whose setting it asked for, where that goes from node to node. */
  role: string | null;
  /** What it made of roles, by the ids of the nodes of which the end is not known. */
  waiting: Map<string, Wishes>;
  /** Those of them that were seen at work on it. */
  underWay: Set<string>;
  ends: NodeEnd[];
}

/** By role: whether it is there, and is to run. */
type Wishes = Readonly<Record<string, string>>;

/** `before` is the last document that was seen before it landed. */
export function openChange(
  { id, revision, touched }: OperationRecord,
  before: Cluster | null,
  after: Cluster,
  sinceMs: number,
): OpenChange {
  const { rolls = {} } = after;
  const role = Object.keys(rolls).find((name) => rolls[name]!.asked.includes(revision)) ?? null;
  const waiting = new Map(touched.map((one) => [one, changedWishes(before, after, one)] as const));
  return { id, revision, role, sinceMs, waiting, underWay: new Set(), ends: [] };
}

function changedWishes(before: Cluster | null, after: Cluster, id: string): Wishes {
  if (before === null) return {};
  const [was, is] = [before, after].map((cluster) => wishesOf(cluster, id));
  const roles = new Set([...Object.keys(was!), ...Object.keys(is!)]);
  const changed = [...roles].filter((role) => was![role] !== is![role]);
  return Object.fromEntries(changed.map((role) => [role, is![role] ?? GONE]));
}

const GONE = 'gone';

function wishesOf({ nodes }: Cluster, id: string): Wishes {
  const roles = Object.entries(own(nodes, id)?.roles ?? {});
  return Object.fromEntries(
    roles.map(([role, { stopped }]) => [role, stopped === null ? 'up' : 'stopped']),
  );
}

/** Takes in how nodes are now. Whether all is known, and others have followed, too. */
export function takeEnds(known: Knowledge, open: OpenChange): boolean {
  const rolls = rollsAskedAt(known.cluster, known.catalogue, open.revision);
  for (const id of [...open.waiting.keys()]) {
    const end = nodeEnd(known, open, id, rolls);
    if (end === null) continue;
    open.waiting.delete(id);
    open.ends.push(end);
  }
  if (open.waiting.size > 0) return false;
  const isWell = open.ends.every(({ outcome }) => outcome === 'done');
  return !isWell || notFollowed(known, [], open.revision).length === 0;
}

/** Of all nodes: those that have not come to an end when nobody waits any longer are late. */
export function endsByNow(known: Knowledge, { waiting, ends }: OpenChange): NodeEnd[] {
  const late = [...waiting.keys()].map((id): NodeEnd => {
    return { node: nameOf(known, id), outcome: 'late', message: 'it was not done in time' };
  });
  return [...ends, ...late];
}

function nodeEnd(
  known: Knowledge,
  open: OpenChange,
  id: string,
  rolls: RollsAsked,
): NodeEnd | null {
  const { cluster } = known;
  const isThere = id in cluster.nodes || id in cluster.former;
  if (!isThere) return { node: id, outcome: 'superseded', message: 'it is not known any more' };
  const now = progressOf(known, id, open.revision, rolls);
  const { node } = now;
  if (isOvertaken(known, open, id)) {
    return {
      node,
      outcome: 'superseded',
      message: 'something else was asked for before it was done',
    };
  }
  if (now.stopped !== undefined) {
    return rolls.inTurn.has(id)
      ? { node, outcome: 'failed', ...now.stopped }
      : { node, outcome: 'kept' };
  }
  if (hasGone(now.state)) {
    const message = now.state === 'left' ? 'it has left' : 'it is dead';
    return { node, outcome: 'late', message };
  }
  if (!now.done) {
    open.underWay.add(id);
    return null;
  }
  const [failure] = now.failures.filter(({ kind }) => kind !== 'use-certificate');
  if (failure === undefined) return { node, outcome: 'done' };
  return { node, outcome: 'failed', ...reasonOf(failure) };
}

/** Whether something else is wanted now of what it was not seen to have done. */
function isOvertaken({ cluster }: Knowledge, open: OpenChange, id: string): boolean {
  const roll = open.role === null ? undefined : own(cluster.rolls ?? {}, open.role);
  if (roll !== undefined && !roll.asked.includes(open.revision)) return true;
  const now = wishesOf(cluster, id);
  const isOther = ([role, wish]: [string, string]): boolean => (now[role] ?? GONE) !== wish;
  return open.underWay.has(id) && Object.entries(open.waiting.get(id)!).some(isOther);
}

function nameOf({ cluster }: Knowledge, id: string): string {
  return (own(cluster.nodes, id) ?? own(cluster.former, id))?.name ?? id;
}
