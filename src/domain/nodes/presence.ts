import type { Report } from '../making/step.ts';
import { hasGone } from '../telling/status.ts';
import type { Verdicts } from './verdicts.ts';

/** What no document says of a node, and only controllers know. */
export interface Presence {
  /** It serves nobody, whatever is wanted of it. */
  gone: 'dead' | 'left' | null;
  /** Its present boot, if it has reported it: a hold of another one has ended. */
  bootId: string | null;
}

export function presenceOf(
  { silent }: Pick<Verdicts, 'silent'>,
  reports: ReadonlyMap<string, Pick<Report, 'bootId'>>,
  nodeId: string,
): Presence {
  const state = silent[nodeId]?.state;
  return { gone: hasGone(state) ? state : null, bootId: reports.get(nodeId)?.bootId ?? null };
}
