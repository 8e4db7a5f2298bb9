import { own } from '../base/own.ts';
import type { Report } from '../making/step.ts';
import { hasGone } from '../telling/status.ts';
import type { Voices } from './displaced.ts';
import type { Ready } from './ready.ts';
import type { Verdicts } from './verdicts.ts';

/** What of a report tells which roles serve. */
export type ServingTold = Pick<Report, 'version' | 'processes' | 'failures' | 'busy'>;

/** What no document says of a node, and only controllers know. */
export interface Presence {
  /** It serves nobody, whatever is wanted of it. */
  gone: 'dead' | 'left' | null;
  /** Its present boot, if it has told it: a hold of another one has ended. */
  bootId: string | null;
  /** The last report of that boot; null before there was one: it may be well. */
  report: ServingTold | null;
  /** Its roles that pools know to be ready. */
  ready: NonNullable<Ready[string]>;
}

/** What one controller knows of all nodes. */
interface Known<Told extends Pick<Report, 'bootId'>> {
  reports: ReadonlyMap<string, Told>;
  voicesOf(nodeId: string): Pick<Voices, 'heard'>;
}

export function presenceOf(
  known: Known<Pick<Report, 'bootId'> & ServingTold> & {
    verdicts: Pick<Verdicts, 'silent' | 'ready'>;
  },
  nodeId: string,
): Presence {
  const state = known.verdicts.silent[nodeId]?.state;
  const ready = own(known.verdicts.ready ?? {}, nodeId) ?? {};
  return { gone: hasGone(state) ? state : null, ready, ...lastOfBoot(known, nodeId) };
}

/** Which boot of a node is the present one, as far as is known, and its last report of that. */
export function lastOfBoot<Told extends Pick<Report, 'bootId'>>(
  { reports, voicesOf }: Known<Told>,
  nodeId: string,
): { bootId: string | null; report: Told | null } {
  // A sign of life comes before the first report of a boot; that of 0.1.0 does not say of which boot.
  const heard = voicesOf(nodeId).heard.findLast((instance) => instance !== '');
  const last = reports.get(nodeId);
  const bootId = heard ?? last?.bootId ?? null;
  return { bootId, report: last?.bootId === bootId ? (last ?? null) : null };
}
