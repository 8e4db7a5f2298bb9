import type { Report } from '../making/step.ts';
import { hasGone } from '../telling/status.ts';
import type { Voices } from './displaced.ts';
import type { Verdicts } from './verdicts.ts';

/** What no document says of a node, and only controllers know. */
export interface Presence {
  /** It serves nobody, whatever is wanted of it. */
  gone: 'dead' | 'left' | null;
  /** Its present boot, if it has told it: a hold of another one has ended. */
  bootId: string | null;
}

/** What one controller knows of all nodes. */
interface Known {
  verdicts: Pick<Verdicts, 'silent'>;
  reports: ReadonlyMap<string, Pick<Report, 'bootId'>>;
  voicesOf(nodeId: string): Pick<Voices, 'heard'>;
}

export function presenceOf({ verdicts, reports, voicesOf }: Known, nodeId: string): Presence {
  const state = verdicts.silent[nodeId]?.state;
  // A sign of life comes before the first report of a boot; that of 0.1.0 does not say of which boot.
  const heard = voicesOf(nodeId).heard.findLast((instance) => instance !== '');
  const bootId = heard ?? reports.get(nodeId)?.bootId ?? null;
  return { gone: hasGone(state) ? state : null, bootId };
}
