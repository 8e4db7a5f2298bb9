import { hashOf } from '../base/hash.ts';
import type { Cluster } from './cluster.ts';

const KNOWN = new WeakMap<Cluster, string>();

/** Hash over a document, made once for each: it costs 11 ms with a thousand nodes. Documents never change. */
export function hashOfCluster(cluster: Cluster): string {
  const known = KNOWN.get(cluster);
  if (known !== undefined) return known;
  const hash = hashOf(cluster);
  KNOWN.set(cluster, hash);
  return hash;
}
