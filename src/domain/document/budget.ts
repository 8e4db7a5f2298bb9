import { refuse } from '../base/error.ts';
import type { Cluster } from './cluster.ts';
import { jsonOfCluster } from './document-hash.ts';

/**
 * The largest size of the document, in bytes of JSON: a thousand nodes are 230 kB. The bus carries
 * 8 MB in one message, and it must still be possible to read and mend a full document.
 */
const BYTES_MAX = 6_000_000;
/** What is above is for admins: whoever fills the document cannot keep them from clearing it up. */
const BYTES_MAX_OF_PLAIN_NODES = 4_000_000;
/** From here on the status warns. */
export const BYTES_WARNING = 2_000_000;

export function bytesOf(cluster: Cluster): number {
  return jsonOfCluster(cluster).length;
}

/** NO_SPACE for a change that makes the document larger than its asker may. What shrinks it is free. */
export function checkBudget(before: Cluster, after: Cluster, byAdmin: boolean): void {
  const bytes = bytesOf(after);
  if (bytes <= (byAdmin ? BYTES_MAX : BYTES_MAX_OF_PLAIN_NODES)) return;
  if (bytes <= bytesOf(before)) return;
  throw refuse(
    'NO_SPACE',
    `the state of the cluster would be too large: ${Math.round(bytes / 1000)} kB`,
    byAdmin
      ? `the limit is ${BYTES_MAX / 1e6} MB`
      : `above ${BYTES_MAX_OF_PLAIN_NODES / 1e6} MB only admin nodes may add to it`,
    'on an admin node, take out what is not needed: see kato route list, kato token list, kato node list',
  );
}
