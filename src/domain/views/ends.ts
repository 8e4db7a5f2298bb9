import { shownUntil } from '../access/tokens.ts';
import type { Cluster } from '../document/cluster.ts';
import { formerUntil } from '../nodes/leave.ts';

/** Before anything ended. */
const NEVER = new Date(0).toISOString();

/**
 * What passes by itself in the views of a document: the last such time until now, from which on they are
 * as they are, and the next one, which makes them others. ISO times; null where nothing more ends.
 */
export function endsAround(cluster: Cluster, at: string): { last: string; coming: string | null } {
  let last = NEVER;
  let coming: string | null = null;
  const tokens = Object.values(cluster.tokens).map(shownUntil);
  for (const end of [...tokens, ...Object.values(cluster.former).map(formerUntil)]) {
    if (end <= at && end > last) last = end;
    if (end > at && (coming === null || end < coming)) coming = end;
  }
  return { last, coming };
}
