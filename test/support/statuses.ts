import type { Cluster } from '../../src/domain/document/cluster.ts';
import type { Report } from '../../src/domain/making/step.ts';
import { NO_VERDICTS } from '../../src/domain/nodes/verdicts.ts';
import type { NodeStatus, Status } from '../../src/domain/telling/status.ts';
import { type StatusInput, statusOf } from '../../src/domain/telling/status-of.ts';
import { poolsOf } from '../../src/domain/traffic/pools.ts';
import { catalogue, NOW } from './clusters.ts';

/** The status of a cluster, without a node unless told otherwise. */
export function statusWith(changes: Partial<Status> = {}): Status {
  return {
    format: 1,
    cluster: { id: 'c1', endpoint: 'api.example.com', core: '10.0.0.1', revision: 7 },
    warnings: [],
    nodes: [],
    pools: [],
    unassigned: [],
    ...changes,
  };
}

/** A node that is well and has no role. */
export function nodeStatus(name: string, changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    id: `n-${name}`,
    name,
    address: '10.0.0.1',
    state: 'active',
    lastSeen: 1,
    self: false,
    version: '0.1.0',
    appliedRevision: 7,
    zone: 'default',
    roles: [],
    ...changes,
  };
}

/** What controllers tell of a cluster in which everything is as they say it is, unless told otherwise. */
export function told(cluster: Cluster, reports: Report[], changes: Partial<StatusInput> = {}) {
  const verdicts = changes.verdicts ?? NO_VERDICTS;
  return statusOf({
    cluster,
    catalogue,
    verdicts,
    pools: poolsOf(cluster, catalogue, [], verdicts),
    reports: new Map(reports.map((report) => [report.node, report])),
    contentOf: () => '',
    lastSeen: new Map(),
    displaced: new Map(),
    voicesOf: () => ({ heard: [], sideBySide: false }),
    self: 'core',
    all: false,
    nowMs: Date.parse(NOW),
    older: null,
    ...changes,
  });
}
