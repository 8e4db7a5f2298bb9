import type { Presence } from '../nodes/presence.ts';
import type { Catalogue } from '../roles/role.ts';
import type { Cluster, Json, OperationRecord } from './cluster.ts';
import { OPERATIONS_BYTES_MAX, OPERATIONS_KEPT } from './cluster.ts';
import { hashOfCluster } from './document-hash.ts';

/** Who asks, when, and what can be given: all that a decision may know besides the cluster. */
export interface Asked {
  /** Made by the caller; a retry with the same id returns the first result. */
  operationId: string;
  /** Node id of the asker, vouched for by the bus. */
  by: string;
  /** ISO time. */
  at: string;
  catalogue: Catalogue;
  /** What controllers know of a node, by its id. */
  presence(nodeId: string): Presence;
}

/** What a change comes to. `changed: false` writes nothing: it was already so. */
export interface Decision<R> {
  cluster: Cluster;
  changed: boolean;
  result: R;
  /** False for one that ends what could tell that it is done. */
  isFollowed: boolean;
}

export function unchanged<R>(cluster: Cluster, result: R): Decision<R> {
  return { cluster, changed: false, result, isFollowed: false };
}

export function changed<R>(
  cluster: Cluster,
  patch: Partial<Cluster>,
  result: R,
  { isFollowed = true }: { isFollowed?: boolean } = {},
): Decision<R> {
  return { cluster: { ...cluster, ...patch }, changed: true, result, isFollowed };
}

/** The next document: one revision further, chained to the one before, the operation remembered. */
export function commit<R>(
  before: Cluster,
  decision: Decision<R>,
  operationId: string,
  touched: string[],
): Cluster {
  const revision = before.revision + 1;
  const { result } = decision;
  const record = { id: operationId, revision, result: result as Json, touched };
  return {
    ...decision.cluster,
    revision,
    previousHash: hashOfCluster(before),
    operations: newest([...before.operations, record].slice(-OPERATIONS_KEPT)),
  };
}

/** As many of the last as may be kept by their weight, and in any case the very last. */
function newest(operations: readonly OperationRecord[]): OperationRecord[] {
  let bytes = 0;
  const isKept = (record: OperationRecord, i: number): boolean => {
    bytes += JSON.stringify(record).length;
    return i === 0 || bytes <= OPERATIONS_BYTES_MAX;
  };
  const fromLast = operations.toReversed();
  const end = fromLast.findIndex((record, i) => !isKept(record, i));
  return (end < 0 ? fromLast : fromLast.slice(0, end)).reverse();
}

/** The record of an operation that has already landed. */
export function landed(cluster: Cluster, operationId: string): OperationRecord | undefined {
  return cluster.operations.find((operation) => operation.id === operationId);
}
