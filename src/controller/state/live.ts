import { refuse } from '../../domain/base/error.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import { hashOfCluster } from '../../domain/document/document-hash.ts';
import { LOAD_AGAIN, type SeenBefore } from '../../domain/document/older-state.ts';
import { share } from '../../domain/document/sharing.ts';
import type { Report } from '../../domain/making/step.ts';
import type { Displaced } from '../../domain/nodes/displaced.ts';
import type { Ready } from '../../domain/nodes/ready.ts';
import type { Speakers } from '../../domain/nodes/speakers.ts';
import { NO_VERDICTS, type Verdicts } from '../../domain/nodes/verdicts.ts';
import { hasRight } from '../../domain/traffic/announcements.ts';
import type { AnnouncedRoute } from '../../domain/traffic/pools.ts';
import { routesOf, type SharedAnnounced } from '../../domain/traffic/shared-announced.ts';
import type { Version } from '../../domain/views/view.ts';
import { versionOf } from '../../domain/views/view-for.ts';
import { type Clock, systemClock } from '../clock.ts';

/** The document at hand: `entry` is what the next compare-and-set compares with. */
export interface Document {
  cluster: Cluster;
  entry: number;
  version: Version;
}

export type Topic = 'document' | 'reports' | 'verdicts' | 'announced' | 'shared routes' | 'secrets';

/** What a controller knows at this moment. All of it can be read again from the bus. */
export interface Live {
  /** What it goes by. */
  readonly clock: Clock;
  document: Document | null;
  /** A version that was seen and that the state on the bus does not go on from: nothing is changed then. */
  older: SeenBefore | null;
  reports: Map<string, Report>;
  verdicts: Verdicts;
  /** What the next compare-and-set of the verdicts compares with; that of `ready` has its own. */
  verdictsEntry: number;
  readyEntry: number;
  announced: AnnouncedRoute[];
  /** As the controllers share them; null while nobody ever did. */
  announcedShared: SharedAnnounced | null;
  /** What the next compare-and-set of them compares with. */
  announcedEntry: number;
  /** The highest number that a list of them had. */
  announcedNumber: number;
  /** Number in the store of each secret, by name: another one tells that it is another value. */
  secrets: Map<string, number>;
  /** The highest that any had. */
  secretsNumber: number;
  /** Monotonic ms of the last sign of life of each node. */
  signs: Map<string, number>;
  /** Who has spoken as each node. */
  speakers: Speakers;
  /** Machines that carry the identity of a node elsewhere, as the controllers share it. */
  displaced: Map<string, readonly Displaced[]>;
  /** Says that something changed, and calls who listens for it. */
  changed(topic: Topic): void;
  on(topic: Topic, listener: () => void): () => void;
}

export function createLive(clock: Clock = systemClock): Live {
  const listeners = new Map<Topic, Set<() => void>>();
  return {
    clock,
    document: null,
    older: null,
    reports: new Map(),
    verdicts: NO_VERDICTS,
    verdictsEntry: 0,
    readyEntry: 0,
    announced: [],
    announcedShared: null,
    announcedEntry: 0,
    announcedNumber: 0,
    secrets: new Map(),
    secretsNumber: 0,
    signs: new Map(),
    speakers: new Map(),
    displaced: new Map(),
    changed: (topic) => {
      for (const listener of listeners.get(topic) ?? []) listener();
    },
    on: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => set.delete(listener);
    },
  };
}

/** The document at hand. BUS_AWAY where there is none. */
export function documentOf({ document }: Live): Document {
  if (document !== null) return document;
  throw refuse(
    'BUS_AWAY',
    'the bus holds no state of a cluster',
    'it was not set up yet, or has not loaded what is on its disk',
    LOAD_AGAIN,
  );
}

/** Takes over what the controllers together hold of who is alive. */
export function takeVerdicts(live: Live, verdicts: Verdicts, entry: number): void {
  const { ready } = live.verdicts;
  live.verdicts = ready === undefined ? verdicts : { ...verdicts, ready };
  live.verdictsEntry = entry;
  live.changed('verdicts');
}

/** The same for what was ready. */
export function takeReady(live: Live, ready: Ready, entry: number): void {
  live.verdicts = { ...live.verdicts, ready };
  live.readyEntry = entry;
  live.changed('verdicts');
}

/** Grows with each of them: they are in one bucket. */
export function verdictsNumber({ verdictsEntry, readyEntry }: Live): number {
  return Math.max(verdictsEntry, readyEntry);
}

/** Takes over what the controllers together hold of announced routes. */
export function takeAnnounced(live: Live, shared: SharedAnnounced | null, entry: number): void {
  live.announcedShared = shared;
  live.announcedEntry = entry;
  // A bus that has lost them is told again: nothing goes for that reason.
  if (shared !== null) {
    const before = live.announced;
    live.announcedNumber = Math.max(live.announcedNumber, shared.number);
    showAnnounced(live);
    if (live.announced !== before) live.changed('announced');
  }
  live.changed('shared routes');
}

/** Those of announcers that may announce them: who lost the right has lost it with the document. */
function showAnnounced(live: Live): void {
  const { announcedShared, document } = live;
  if (announcedShared === null) return;
  const routes = routesOf(announcedShared);
  const shown =
    document === null ? routes : routes.filter((one) => hasRight(document.cluster, one));
  live.announced = share(live.announced, shown);
}

/** The number of a secret, or that of its end. */
export function takeSecret(live: Live, name: string, number: number, isGone = false): void {
  const known = live.secrets.get(name);
  if (isGone ? known === undefined : known === number) return;
  if (isGone) live.secrets.delete(name);
  else live.secrets.set(name, number);
  live.secretsNumber = Math.max(live.secretsNumber, number);
  live.changed('secrets');
}

/** Takes over a document read from the bus, unless the one at hand is newer in the same history. */
export function takeDocument(live: Live, cluster: Cluster, entry: number): Document {
  const now = live.document;
  const sameLineage = now?.cluster.lineage === cluster.lineage;
  if (now !== null && sameLineage && now.cluster.revision >= cluster.revision) return now;
  const document = { cluster, entry, version: versionOf(cluster, hashOfCluster(cluster)) };
  const { announcers } = now?.cluster ?? {};
  live.document = document;
  if (cluster.announcers !== announcers) showAnnounced(live);
  live.changed('document');
  return document;
}
