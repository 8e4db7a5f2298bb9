import type { ErrorCode } from '../base/error-codes.ts';

/** What became of a change on the nodes that it was about. */
export type ChangeEnd = {
  /** ISO time. */
  at: string;
  outcome: EndOutcome;
  /** Of those that did not do it all, then of others, up to a limit. */
  nodes: NodeEnd[];
  /** How many more did it; absent for none. */
  more?: number;
};

/**
 * `failed`: a node could not do it. `late`: a node was gone, or did not end it in time, and does it when it can.
 * `superseded`: something else was wanted before it was done.
 */
export type EndOutcome = 'done' | 'failed' | 'late' | 'superseded';

export type NodeEnd = {
  /** Its name then. */
  node: string;
  /** `kept`: it has what it had before, for the change failed on another node. */
  outcome: EndOutcome | 'kept';
  code?: ErrorCode;
  message?: string;
  why?: string;
  next?: string;
};

const NODES_MAX = 50;
const WHY_MAX = 300;
/** The worst first: it is what a change comes to as a whole. */
const ORDER = ['failed', 'kept', 'late', 'superseded', 'done'] as const;

export function endOf(nodes: readonly NodeEnd[], at: string): ChangeEnd {
  const rank = ({ outcome }: NodeEnd): number => ORDER.indexOf(outcome);
  const inOrder = [...nodes].sort((a, b) => rank(a) - rank(b) || (a.node < b.node ? -1 : 1));
  const worst = inOrder[0]?.outcome ?? 'done';
  const shown = inOrder.slice(0, NODES_MAX).map(short);
  const more = inOrder.length - shown.length;
  return {
    at,
    outcome: worst === 'kept' ? 'failed' : worst,
    nodes: shown,
    ...(more > 0 ? { more } : {}),
  };
}

/** What programs wrote may be long, and there are thousands of changes. */
function short({ why, ...end }: NodeEnd): NodeEnd {
  return why === undefined ? end : { ...end, why: why.slice(0, WHY_MAX) };
}
