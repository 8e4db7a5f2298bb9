import type { Report } from '../making/step.ts';
import type { ProcessesTold } from '../telling/role-state.ts';
import { hasGone } from '../telling/status.ts';
import type { Voices } from './displaced.ts';
import type { Verdicts } from './verdicts.ts';

/** What no document says of a node, and only controllers know. */
export interface Presence {
  /** It serves nobody, whatever is wanted of it. */
  gone: 'dead' | 'left' | null;
  /** Its present boot, if it has told it: a hold of another one has ended. */
  bootId: string | null;
  /** The last report of that boot; null before there was one: it may be well. */
  report: ProcessesTold | null;
}

/** What one controller knows of all nodes. */
interface Known {
  verdicts: Pick<Verdicts, 'silent'>;
  reports: ReadonlyMap<string, Pick<Report, 'bootId'> & ProcessesTold>;
  voicesOf(nodeId: string): Pick<Voices, 'heard'>;
}

export function presenceOf({ verdicts, reports, voicesOf }: Known, nodeId: string): Presence {
  const state = verdicts.silent[nodeId]?.state;
  // A sign of life comes before the first report of a boot; that of 0.1.0 does not say of which boot.
  const heard = voicesOf(nodeId).heard.findLast((instance) => instance !== '');
  const last = reports.get(nodeId);
  const bootId = heard ?? last?.bootId ?? null;
  const report = last?.bootId === bootId ? (last ?? null) : null;
  return { gone: hasGone(state) ? state : null, bootId, report };
}
