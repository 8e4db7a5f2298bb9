import { accepts } from '../domain/document/acceptance.ts';
import type { Have, Made, ProvenVersion, Version } from '../domain/views/view.ts';
import type { Delivery } from '../machine/node/ledger.ts';

/** What a controller answers who is asked for a view. */
export interface Fetched {
  /** Null where it is what the asker has. */
  delivery: Delivery | null;
  /** Of what that is known to be so; absent of a controller of 0.1.0 that has nothing new. */
  version?: ProvenVersion;
  made?: Made;
  /** For routers, whose list of announced routes may be older than its proof. */
  announcedProof?: string;
}

/** What a node was told last, and how far what it has heard of goes. */
export interface Told {
  readonly delivery: Delivery | null;
  /** A view of an older or other history was offered, and not taken. */
  readonly refused: Version | null;
  /** Of a view that could not be put on the disk, and so is not acted on. */
  readonly unkept: ProvenVersion | null;
  readonly seen: ProvenVersion | null;
  /** For a heartbeat; undefined where the controllers do not say what a view was made from. */
  readonly have: Have | undefined;
  /** Asks for a view. What is new is to be kept on the disk, and then held, before anything follows from it. */
  ask(
    fetchView: (have: Pick<Told, 'delivery' | 'seen'>) => Promise<Fetched>,
  ): Promise<Delivery | null>;
  /** `asked` is what had been seen when it was asked for. */
  judge(fetched: Fetched, asked?: ProvenVersion | null): 'same' | 'refused' | 'news';
  hold(delivery: Delivery): void;
  /** It could not be kept. */
  leave(delivery: Delivery): void;
  /** A version that controllers told of. One that does not go on from what was seen is not believed. */
  hear(version: ProvenVersion): void;
  /** Keeps what was heard, where that is not on the disk yet. */
  end(): Promise<void>;
  /** The machine is no node any more: nothing is kept from now on. */
  forget(): void;
}

/** What was heard is on the disk this much later at the latest: many changes are one write. */
const KEPT_MS = 60_000;

export function startTold(
  kept: { delivery: Delivery | null; seen: ProvenVersion | null },
  keepSeen: (version: ProvenVersion) => Promise<void>,
): Told {
  let { delivery } = kept;
  let refused: Version | null = null;
  let unkept: ProvenVersion | null = null;
  let seen = newer(kept.seen, delivery?.view.version ?? null);
  let onDisk = seen;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const told: Told = {
    get delivery() {
      return delivery;
    },
    get refused() {
      return refused;
    },
    get unkept() {
      return unkept;
    },
    get seen() {
      return seen;
    },
    get have() {
      const made = delivery?.made;
      return made === undefined ? undefined : { content: delivery!.hash, made };
    },
    ask: async (fetchView) => {
      const asked = seen;
      const fetched = await fetchView(told);
      return told.judge(fetched, asked) === 'news' ? fetched.delivery : null;
    },
    judge: ({ delivery: offer, version = offer?.view.version, made, announcedProof }, asked) => {
      if (version !== undefined && seen !== null && !goesOn(version, asked ?? seen, seen)) {
        refused = version;
        return 'refused';
      }
      refused = null;
      if (version !== undefined) told.hear(version);
      if (offer !== null) return 'news';
      unkept = null;
      if (delivery !== null && made !== undefined) {
        const view = announcedProof === undefined ? {} : { announcedProof };
        delivery = { ...delivery, made, view: { ...delivery.view, ...view } };
      }
      return 'same';
    },
    leave: ({ view }) => {
      unkept = view.version;
    },
    hold: (fresh) => {
      delivery = fresh;
      unkept = null;
      onDisk = newer(onDisk, fresh.view.version);
    },
    hear: (version) => {
      if (seen !== null && (!accepts(seen, version) || isSame(seen, version))) return;
      seen = version;
      keepSoon();
    },
    end: keep,
    forget: () => {
      isOver = true;
    },
  };
  return told;

  function keepSoon(): void {
    timer ??= setTimeout(() => void keep(), KEPT_MS).unref();
  }

  /** A disk that takes nothing is tried again: meanwhile a power cut loses what was heard. */
  async function keep(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (isOver || seen === null || (onDisk !== null && isSame(onDisk, seen))) return;
    const version = seen;
    await keepSeen(version).then(
      () => {
        onDisk = newer(onDisk, version);
      },
      () => keepSoon(),
    );
  }
}

/** News may overtake an answer: it is older than them then, and still goes on from what was seen before. */
function goesOn(version: Version, asked: Version, seen: Version): boolean {
  if (accepts(seen, version)) return true;
  return (
    seen.epoch === version.epoch && seen.lineage === version.lineage && accepts(asked, version)
  );
}

function newer(one: ProvenVersion | null, other: ProvenVersion | null): ProvenVersion | null {
  if (one === null || other === null) return one ?? other;
  return accepts(one, other) ? other : one;
}

function isSame(one: Version, other: Version): boolean {
  return (
    one.lineage === other.lineage && one.revision === other.revision && one.epoch === other.epoch
  );
}
