import type { Store } from '../../bus/store/store.ts';
import { accepts } from '../../domain/document/acceptance.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import { hashOfCluster } from '../../domain/document/document-hash.ts';
import { isProven } from '../../domain/document/proof.ts';
import type { ProvenVersion, Version } from '../../domain/views/view.ts';
import { versionOf } from '../../domain/views/view-for.ts';
import { type Live, takeDocument } from './live.ts';

/** A bus whose state is older than this still is one: it is asked again at most this often. */
const ASKED_AGAIN_MS = 1000;

/** Notices a bus that went back in time: a restored, older copy, or another history. */
export interface LineageGuard {
  /** A document that the watch of the bus told. */
  tell(cluster: Cluster, entry: number): void;
  /** A node has this version: with its proof, it was the state of the cluster once. */
  saw(version: ProvenVersion): void;
  /** The bus is back: whatever it holds now is looked at. */
  restart(): void;
  /** The same of a node that waits for an answer: looks at once, where it may be so. */
  catchUp(version: ProvenVersion): Promise<void>;
  /** Reads what the bus holds now, and whether that goes on from all that was seen. */
  readBack(): Promise<void>;
}

/** Keeps `live.document` and `live.older`: the latter is why controllers then only read. */
export function guardLineage(store: Store, live: Live, seed: string): LineageGuard {
  let newest: Version | null = null;
  let wanted = false;
  let checking = false;
  let checkedMs = Number.NEGATIVE_INFINITY;

  const guard: LineageGuard = {
    tell: (cluster, entry) => {
      const known = live.document?.version ?? null;
      takeDocument(live, cluster, entry);
      // It may only be late: the watch tells what was written, not what is there now.
      const goesOn = known === null || accepts(known, versionOf(cluster, hashOfCluster(cluster)));
      if (!goesOn || live.older !== null) check();
    },
    saw: (version) => {
      const known = live.document?.version;
      if (known === undefined || accepts(version, known) || !isProven(version, seed)) return;
      const isNews = newest === null || !accepts(version, newest);
      newest = later(newest, version);
      if (isNews || live.clock.nowMs() - checkedMs > ASKED_AGAIN_MS) check();
    },
    catchUp: async (version) => {
      const known = live.document?.version;
      if (known === undefined || accepts(version, known) || !isProven(version, seed)) return;
      newest = later(newest, version);
      await guard.readBack();
    },
    restart: check,
    readBack: async () => {
      checkedMs = live.clock.nowMs();
      const seen = later(newest, live.document?.version ?? null);
      const read = await store.readCluster();
      const version = read === null ? null : versionOf(read.cluster, hashOfCluster(read.cluster));
      const goesOn = seen === null || (version !== null && accepts(seen, version));
      live.older = goesOn || seen === null ? null : { ...seen, lost: read === null };
      if (read !== null) takeDocument(live, read.cluster, read.entry);
    },
  };
  return guard;

  /** A look that fails is made good by the next change, which finds another entry than its own. */
  function check(): void {
    wanted = true;
    if (!checking) void checkAll();
  }

  /** What is seen during a look may be newer than it. */
  async function checkAll(): Promise<void> {
    checking = true;
    while (wanted) {
      wanted = false;
      await guard.readBack().catch(() => live.clock.after(ASKED_AGAIN_MS, check));
    }
    checking = false;
  }
}

function later(one: Version | null, other: Version | null): Version | null {
  if (one === null || other === null) return one ?? other;
  return accepts(one, other) ? other : one;
}
