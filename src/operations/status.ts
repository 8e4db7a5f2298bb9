import * as v from 'valibot';
import { amount, list, whole, word } from '../domain/base/shapes.ts';
import type { Cluster, Node } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import { isCore } from '../domain/nodes/core.ts';
import { findNode, nodesCalled } from '../domain/nodes/find-node.ts';
import type { Verdicts } from '../domain/nodes/verdicts.ts';
import { seesPools } from '../domain/roles/roles.ts';
import { hasGone, type NodeState, type Status } from '../domain/telling/status.ts';
import { nodeState, statusOf } from '../domain/telling/status-of.ts';
import { pinnedPools } from '../domain/traffic/balancer-pools.ts';
import { poolsOf } from '../domain/traffic/pools.ts';
import { type Knowledge, read } from './operation.ts';

/** A long poll ends after this and is asked again. */
const POLL_MS_MAX = 10_000;

export const status = read(
  'status',
  'anyone',
  v.strictObject({
    all: v.boolean(),
    /** False: what the controllers know is enough, and nobody is asked. */
    live: v.optional(v.boolean(), true),
  }),
  async (known, { all, live }, by) => {
    const answers = live ? await known.askAll() : NOBODY;
    const made = sharedStatus(known, answers, all);
    const nodes = made.nodes.map((node) => (node.id === by.id ? { ...node, self: true } : node));
    return { ...made, nodes };
  },
);

type Reports = ReadonlyMap<string, Report>;
const NOBODY: Reports = new Map();

/** A status is made again after this, where nothing that changes by itself is known to have changed. */
const SHARED_MS = 250;

interface Made {
  cluster: Cluster;
  verdicts: Verdicts;
  atMs: number;
  status: Status;
}

/** By what it was made of: the answers of one round, and whether it shows all. */
const madeOf = new WeakMap<Reports, Map<boolean, Made>>();

/** Made once for all who ask together: that of a thousand nodes is 30 ms of work. */
function sharedStatus(known: Knowledge, answers: Reports, all: boolean): Status {
  const { cluster, verdicts } = known;
  const atMs = known.now().getTime();
  const made = madeOf.get(answers) ?? new Map<boolean, Made>();
  madeOf.set(answers, made);
  const before = made.get(all);
  const same = before?.cluster === cluster && before.verdicts === verdicts;
  if (before !== undefined && same && Math.abs(atMs - before.atMs) < SHARED_MS)
    return before.status;
  const status = statusWith(known, answers, all);
  made.set(all, { cluster, verdicts, atMs, status });
  return status;
}

function statusWith(known: Knowledge, answers: Reports, all: boolean): Status {
  const reports = new Map(known.reports);
  const lastSeen = new Map(known.lastSeen);
  for (const [id, report] of answers) {
    reports.set(id, report);
    lastSeen.set(id, 0);
  }
  const { cluster, older, catalogue, verdicts, announced, displaced, voicesOf } = known;
  const shared = poolsOf(cluster, catalogue, announced, verdicts.outages);
  const pools = [...shared, ...pinnedPools(cluster, catalogue, shared)];
  const nowMs = known.now().getTime();
  return statusOf({
    cluster,
    older,
    catalogue,
    verdicts,
    pools,
    reports,
    contentOf: known.contents.contentOf,
    lastSeen,
    displaced,
    voicesOf,
    self: '',
    all,
    nowMs,
  });
}

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
      const own = asked.map((id) => progressOf(known, id, revision));
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
    await known.nextReport(waitMs);
    return now();
  },
);

function progressOf(known: Knowledge, id: string, revision: number): Progress {
  const former = known.cluster.former[id];
  if (former !== undefined && known.cluster.nodes[id] === undefined) {
    const { name, awaited } = former;
    return { node: name, id, state: 'active', done: !awaited, steps: [], failures: [] };
  }
  const node = findNode(known.cluster, id);
  const report = known.reports.get(id);
  const reached = report !== undefined && hasReached(known, report, revision);
  return {
    node: node.name,
    id,
    isCore: isCore(node, known.catalogue),
    state: nodeState(known.verdicts, node),
    done: reached && report.complete,
    steps: reached ? report.steps : [],
    // A later view that was refused says nothing about this revision, and may be over.
    failures: reached ? report.failures.filter(({ kind }) => kind !== 'fetch-view') : [],
  };
}

/** Whether a node has what it should have now, or something newer than what is waited for. */
function hasReached({ contents, version }: Knowledge, report: Report, revision: number): boolean {
  if (report.content === contents.contentOf(report.node)) return true;
  const { revision: reached, lineage } = report.version;
  return reached >= revision && lineage === version.lineage;
}

/**
 * Names of nodes that send requests to others, and that have not finished this revision yet. One that is
 * silent may still serve: it is waited for until it is known to be gone.
 */
function notFollowed(known: Knowledge, asked: readonly string[], revision: number): string[] {
  const { cluster, catalogue, verdicts, reports } = known;
  const isLate = ({ id }: Node): boolean => {
    const report = reports.get(id);
    // An agent of 0.1.0 does not tell.
    if (report?.content === undefined) return false;
    return !report.complete || !hasReached(known, report, revision);
  };
  return Object.values(cluster.nodes)
    .filter((node) => !asked.includes(node.id) && isWaitedFor(nodeState(verdicts, node)))
    .filter((node) => seesPools(catalogue, node) && isLate(node))
    .map(({ name }) => name);
}

function isWaitedFor(state: NodeState): boolean {
  return !hasGone(state) && state !== 'joining';
}

export const history = read(
  'history',
  'anyone',
  v.strictObject({
    limit: whole(1, 1000),
    node: v.nullable(word),
  }),
  async (known, { limit, node }) => {
    if (node === null) return known.history(limit, null);
    // One that was removed is in the history still, by the name it had.
    const called = nodesCalled(known.cluster, node);
    const names = called.flatMap(({ id, name, address }) => [id, name, address]);
    const entries = await known.history(limit, [node, ...names]);
    if (entries.length === 0) findNode(known.cluster, node);
    return entries;
  },
);
