import * as v from 'valibot';
import { whole, word } from '../domain/base/shapes.ts';
import type { Cluster } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import { findNode, nodesCalled } from '../domain/nodes/find-node.ts';
import type { Verdicts } from '../domain/nodes/verdicts.ts';
import type { Status } from '../domain/telling/status.ts';
import { statusOf } from '../domain/telling/status-of.ts';
import { pinnedPools } from '../domain/traffic/balancer-pools.ts';
import { poolsOf } from '../domain/traffic/pools.ts';
import { type Knowledge, read } from './operation.ts';

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
  const shared = poolsOf(cluster, catalogue, announced, verdicts);
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

export const history = read(
  'history',
  'anyone',
  v.strictObject({
    limit: whole(1, 1000),
    node: v.nullable(word),
    /** How the id of the change begins that is asked for. */
    id: v.exactOptional(word),
  }),
  async (known, { limit, node, id }) => {
    if (node === null) return known.history(limit, null, id);
    // One that was removed is in the history still, by the name it had.
    const called = nodesCalled(known.cluster, node);
    const names = called.flatMap(({ id, name, address }) => [id, name, address]);
    const entries = await known.history(limit, [node, ...names], id);
    if (entries.length === 0) findNode(known.cluster, node);
    return entries;
  },
);
