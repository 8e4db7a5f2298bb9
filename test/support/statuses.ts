import type { NodeStatus, Status } from '../../src/domain/telling/status.ts';

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
