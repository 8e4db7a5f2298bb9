import { own } from '../base/own.ts';
import type { Node } from '../document/cluster.ts';

/**
 * Which roles were ready since they are to serve, by node: who was is a member of its pool, and stays one. A
 * role without a `since` is of a document that says nothing of the kind: it counts as ready.
 */
export type Ready = Readonly<Record<string, Readonly<Record<string, ReadySince>>>>;

export interface ReadySince {
  /** That of the role's record. */
  since: number;
  /** Views of this number of verdicts, or a higher one, know it. */
  number: number;
}

export function isReady(ready: Ready | undefined, { id, roles }: Node, role: string): boolean {
  const since = roles[role]?.since;
  return since === undefined || own(ready?.[id] ?? {}, role)?.since === since;
}
