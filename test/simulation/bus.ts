import type { Cluster } from '../../src/domain/document/cluster.ts';
import { NO_VERDICTS, type Verdicts } from '../../src/domain/nodes/verdicts.ts';
import type { Member } from './member.ts';

/** What the bus keeps on its disk, set by compare-and-set. */
export interface Kept<T> {
  value: T;
  entry: number;
}

/** The bus as members see it: a store with watches, and heartbeats to all who listen. */
export interface SimulatedBus {
  up: boolean;
  readonly cluster: Kept<Cluster>;
  readonly verdicts: Kept<Verdicts>;
  /** The new entry, null when another came first. */
  replaceCluster(value: Cluster, entry: number): number | null;
  replaceVerdicts(value: Verdicts, entry: number, writer: Writer): number | null;
  /** A node beats; every controller that is connected hears it. */
  beat(node: string, revision: number): void;
  /** All connections end, and there are no new ones until `restore`. */
  crash(): void;
  restore(): void;
  readonly members: Member[];
  readonly listeners: Listener[];
}

export interface Listener {
  member: Member;
  onCluster(kept: Kept<Cluster>): void;
  onVerdicts(kept: Kept<Verdicts>): void;
  onBeat(node: string, revision: number): void;
}

/** Which controller came to a verdict, and until when it had heard all. */
export interface Writer {
  by: string;
  heardMs: number;
}

/** Told each write before it counts: the place for invariants. */
export interface Watched {
  cluster(before: Cluster, after: Cluster): void;
  verdicts(before: Verdicts, after: Verdicts, cluster: Cluster, writer: Writer): void;
  beat(node: string): void;
}

export function createBus(first: Cluster, watched: Watched): SimulatedBus {
  let sequence = 1;
  let cluster: Kept<Cluster> = { value: first, entry: 1 };
  let verdicts: Kept<Verdicts> = { value: NO_VERDICTS, entry: 0 };
  const bus: SimulatedBus = {
    up: true,
    members: [],
    listeners: [],
    get cluster() {
      return cluster;
    },
    get verdicts() {
      return verdicts;
    },
    replaceCluster: (value, entry) => {
      if (entry !== cluster.entry) return null;
      watched.cluster(cluster.value, value);
      const kept = { value, entry: ++sequence };
      cluster = kept;
      for (const { member, onCluster } of bus.listeners) member.receive(() => onCluster(kept));
      return kept.entry;
    },
    replaceVerdicts: (value, entry, writer) => {
      if (entry !== verdicts.entry) return null;
      watched.verdicts(verdicts.value, value, cluster.value, writer);
      const kept = { value, entry: ++sequence };
      verdicts = kept;
      for (const { member, onVerdicts } of bus.listeners) member.receive(() => onVerdicts(kept));
      return kept.entry;
    },
    beat: (node, revision) => {
      watched.beat(node);
      for (const { member, onBeat } of bus.listeners) member.receive(() => onBeat(node, revision));
    },
    crash: () => {
      bus.up = false;
      for (const member of bus.members) member.drop();
    },
    restore: () => {
      bus.up = true;
    },
  };
  return bus;
}
