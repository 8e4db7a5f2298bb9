/**
 * A node has one voice on the bus, by its key. Whoever has its key, as a copy of its disk has, can
 * speak as it: heartbeats say which life of which machine they are of.
 */

/** One of those who spoke as a node. Times are monotonic ms of the controller that heard it. */
export interface Speaker {
  /** Of the machine's processes: new with each boot; empty for an agent of 0.1.0, which does not say. */
  instance: string;
  sinceMs: number;
  lastMs: number;
}

/** Of each node. */
export type Speakers = Map<string, Speaker[]>;

/** Enough to tell two apart; more are reported just like two. */
const SPEAKERS_MAX = 4;

/** One spoke as the node; one that says that it leaves is none any more. */
export function noteSpeaker(
  speakers: Speakers,
  nodeId: string,
  { instance, leaving }: { instance: string; leaving: boolean },
  nowMs: number,
): void {
  const all = speakers.get(nodeId) ?? [];
  const before = all.find((speaker) => speaker.instance === instance);
  const others = all.filter((speaker) => speaker !== before);
  const now = { instance, sinceMs: before?.sinceMs ?? nowMs, lastMs: nowMs };
  // The one that was heard last stands last.
  speakers.set(nodeId, [...others, ...(leaving ? [] : [now])].slice(-SPEAKERS_MAX));
}

/** Those that were heard within the time. */
export function heardWithin(
  speakers: readonly Speaker[],
  limitMs: number,
  nowMs: number,
): Speaker[] {
  return speakers.filter(({ lastMs }) => nowMs - lastMs < limitMs);
}

/**
 * Whether two speak side by side: one was heard again after another had begun. A machine that
 * restarts is another one from then on, and the one before is never heard again.
 */
export function speakSideBySide(speakers: readonly Speaker[]): boolean {
  return speakers.some((one) =>
    speakers.some(
      (other) => other !== one && one.lastMs > other.sinceMs && other.lastMs > one.sinceMs,
    ),
  );
}
