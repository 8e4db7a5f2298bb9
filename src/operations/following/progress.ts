import * as v from 'valibot';
import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import { amount, list, whole, word } from '../../domain/base/shapes.ts';
import type { Node } from '../../domain/document/cluster.ts';
import type { Report } from '../../domain/making/step.ts';
import { isCore } from '../../domain/nodes/core.ts';
import { findNode } from '../../domain/nodes/find-node.ts';
import { isReady } from '../../domain/nodes/ready.ts';
import { servingNow } from '../../domain/nodes/serving.ts';
import { seenBy, seesPools } from '../../domain/roles/roles.ts';
import { wantedToServe } from '../../domain/roles/wanted-since.ts';
import { type RollsAsked, rollsAskedAt } from '../../domain/rolls/stop.ts';
import { hasGone, type NodeState } from '../../domain/telling/status.ts';
import { nodeState } from '../../domain/telling/status-of.ts';
import { type Knowledge, read } from '../operation.ts';

/** A long poll ends after this and is asked again. */
const POLL_MS_MAX = 10_000;

/** How far a node is with a revision that somebody waits for. */
export interface Progress {
  node: string;
  id: string;
  state: NodeState;
  done: boolean;
  steps: Report['steps'];
  failures: Report['failures'];
  /** It has done its part; these, which send requests to it or no longer do, have not followed yet. */
  waitsFor?: string[];
  /** A change that was to come to it, or that it was given, is not going on: why, and what takes it back. */
  stopped?: ErrorRecord;
  /** It cannot be removed. A controller of 0.1.0 does not tell. */
  isCore?: boolean;
}

/** Answers when all nodes have applied the revision, when something moved, or after `waitMs`. */
export const progress = read(
  'progress',
  'anyone',
  v.strictObject({
    nodes: list(word, 10_000),
    revision: whole(0),
    /** Number of reports the asker has seen: an answer follows at once when there is a newer one. */
    seen: whole(0),
    waitMs: amount(0, POLL_MS_MAX),
  }),
  async (known, { nodes, revision, seen, waitMs }) => {
    const asked = [...new Set(nodes)];
    const now = (): Progress[] => {
      const rolls = rollsAskedAt(known.cluster, known.catalogue, revision);
      const own = asked.map((id) => {
        const node = progressOf(known, id, revision, rolls);
        return rolls.inTurn.has(id) ? { ...node, done: false } : node;
      });
      const late = own.every((node) => node.done) ? notFollowed(known, asked, revision) : [];
      return late.length === 0
        ? own
        : own.map((node) => ({ ...node, done: false, waitsFor: late }));
    };
    const isNews = (all: Progress[]): boolean =>
      all.every((node) => node.done) ||
      all.reduce((sum, node) => sum + node.steps.length, 0) > seen;
    const first = now();
    if (isNews(first)) return first;
    await known.nextNews(waitMs);
    return now();
  },
);

/** `rolls` are those that were asked for at the revision. */
export function progressOf(
  known: Knowledge,
  id: string,
  revision: number,
  rolls: RollsAsked,
): Progress {
  const former = known.cluster.former[id];
  if (former !== undefined && known.cluster.nodes[id] === undefined) {
    const { name, awaited } = former;
    return { node: name, id, state: 'active', done: !awaited, steps: [], failures: [] };
  }
  const node = findNode(known.cluster, id);
  const report = known.reports.get(id);
  const since = Math.max(revision, rolls.turnOf(id));
  const reached =
    !rolls.awaiting.has(id) && report !== undefined && hasReached(known, report, since);
  const stopped = rolls.stopOf(id);
  return {
    node: node.name,
    id,
    isCore: isCore(node, known.catalogue),
    state: nodeState(known.verdicts, node),
    done: reached && isSettledAt(report, since) && !isComing(known, node, report),
    ...(stopped === null ? {} : { stopped }),
    steps: reached ? report.steps : [],
    // A later view that was refused says nothing about this revision, and may be over.
    failures: reached
      ? report.failures.filter(
          ({ kind, since: from = since }) => kind !== 'fetch-view' && from >= since,
        )
      : [],
  };
}

/** Whether it serves already, and pools do not know it yet. */
function isComing(known: Knowledge, node: Node, report: Report): boolean {
  const { cluster, catalogue, verdicts } = known;
  return wantedToServe(node, catalogue).some(
    ({ name }) =>
      !isReady(verdicts.ready, node, name) &&
      servingNow(cluster, catalogue, node, name, report) === 'yes',
  );
}

/** Whether nothing is under way that this revision has asked for, or one after it. */
function isSettledAt({ complete, busy }: Report, revision: number): boolean {
  return complete || (busy !== undefined && Object.values(busy).every((since) => since < revision));
}

/** Whether a node has what it should have now, or something newer than what is waited for. */
export function hasReached(
  { contents, version }: Knowledge,
  report: Report,
  revision: number,
): boolean {
  if (contents.isDone(report.node, report.content)) return true;
  const { revision: reached, lineage } = report.version;
  return reached >= revision && lineage === version.lineage;
}

/**
 * Names of nodes that send requests to others, and that have not finished this revision yet. One that is
 * silent may still serve: it is waited for until it is known to be gone.
 */
export function notFollowed(
  known: Knowledge,
  asked: readonly string[],
  revision: number,
): string[] {
  const { cluster, catalogue, verdicts, reports, contents } = known;
  // What pools learned of those who are asked for, they learned after the revision.
  const marks = asked.flatMap((id) => Object.values(verdicts.ready?.[id] ?? {}));
  const least = Math.max(0, ...marks.map(({ number }) => number));
  const isLate = ({ id }: Node): boolean => {
    const report = reports.get(id);
    // An agent of 0.1.0 does not tell.
    if (report?.content === undefined) return false;
    if (contents.isDone(id, report.content)) return !isSettledAt(report, revision);
    const hasVerdicts = report.verdicts === undefined || report.verdicts >= least;
    return !isSettledAt(report, revision) || !hasReached(known, report, revision) || !hasVerdicts;
  };
  return Object.values(cluster.nodes)
    .filter((node) => !asked.includes(node.id) && isWaitedFor(nodeState(verdicts, node)))
    .filter((node) => seesPools(seenBy(catalogue, node)) && isLate(node))
    .map(({ name }) => name);
}

export function isWaitedFor(state: NodeState): boolean {
  return !hasGone(state) && state !== 'joining';
}
