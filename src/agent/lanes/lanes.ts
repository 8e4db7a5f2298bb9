import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import type { Listen, Spec } from '../../domain/making/spec.ts';
import type { Report, Step, StepFailure, StepOf, StepResult } from '../../domain/making/step.ts';
import type { Delivery } from '../../machine/node/ledger.ts';
import { type Look, look, type PassContext } from '../look.ts';
import { createBell } from './bell.ts';
import { type Lane, type LaneFailure, startLane } from './lane.ts';
import { portKeeper } from './ports.ts';
import { type Gates, leaves, type ProcessWish, processUnits, wishOf } from './process-unit.ts';

/** More than anybody reads: then they are counted anew. */
const STEPS_MAX = 500;
/** Above what any of those takes that others start after. */
const START_AFTER_MS = 60_000;

/** All units of a node at work. */
export interface Lanes {
  /**
   * From now on this is what should be, and what is there is looked at again in any case. Ends when all units
   * have been told, and throws what keeps the spec from being worked out.
   */
  take(delivery: Delivery): Promise<void>;
  /** What was taken last. */
  readonly delivery: Delivery | null;
  /** What was done of it so far, since all was well last; complete once every unit is done or has failed. */
  readonly done: Pick<Report, 'steps' | 'failures' | 'complete' | 'busy'>;
  /** TCP ports of the processes that are to run. */
  readonly listens: ReadonlyMap<string, readonly Listen[]>;
  /** What is under way ends, but for what only waits. */
  end(): Promise<void>;
}

interface Unit {
  /** It is to run. */
  isUp: boolean;
  lane: Lane<ProcessWish, Step>;
  /** The revision since which this is wished for. */
  since: number;
}

export interface LanesEvents {
  onChange(): void;
  /** Every unit is done or has failed. */
  onDone(delivery: Delivery, spec: Spec, failures: readonly StepFailure[]): Promise<void>;
  /** Something that has failed is to be tried again: with what should be now. */
  onRetry(): void;
  /** See `Gates`. */
  leave: Gates['leave'];
  log(line: string): void;
}

export function startLanes(context: PassContext, events: LanesEvents): Lanes {
  const units = new Map<string, Unit>();
  const ports = portKeeper();
  let taken: { delivery: Delivery; looked: Look } | null = null;
  let looking: Promise<unknown> = Promise.resolve();
  let finishing = Promise.resolve();
  let steps: StepResult[] = [];
  /** What is in the way of a spec is looked at again and again, and said once. */
  let logged: ReadonlySet<string> = new Set();
  let isOver = false;
  const settled = createBell();
  const { leave } = events;
  const kind = processUnits(context, { ...ports, startAfter, lookAgain, leave });

  return {
    take: (delivery) =>
      inTurn(async () => {
        const looked = await look(context, delivery);
        if (isComplete() || steps.length > STEPS_MAX) steps = [];
        handOut(delivery, looked, () => true);
      }),
    get delivery() {
      return taken?.delivery ?? null;
    },
    get done() {
      return { steps: [...steps], failures: failures(), complete: isComplete(), busy: busy() };
    },
    get listens() {
      const up = (taken?.looked.spec.processes ?? []).filter((process) => process.up);
      return new Map(up.map(({ name, listens }) => [name, listens]));
    },
    end: async () => {
      isOver = true;
      await Promise.all([...units.values()].map(({ lane }) => lane.end()));
      await finishing;
    },
  };

  /** Only those hear of it whose wish is another one now: the others would begin again and again. */
  function lookAgain(): Promise<void> {
    return inTurn(async () => {
      if (taken === null) return;
      const { delivery } = taken;
      const isOther = (wish: ProcessWish): boolean => !units.get(wish.name)?.lane.isWanted(wish);
      handOut(delivery, await look(context, delivery), isOther);
    });
  }

  /** A look that began earlier is handed out earlier. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = looking.then(work);
    looking = done.catch(() => undefined);
    return done;
  }

  function handOut(delivery: Delivery, looked: Look, hears: (wish: ProcessWish) => boolean): void {
    if (isOver) return;
    // What the machine makes of it has another wish, and nobody has asked for that.
    const isSame = taken?.delivery.hash === delivery.hash;
    taken = { delivery, looked };
    logFaults(looked);
    const names = namesIn(looked);
    const gone = [...units.keys()].filter((name) => !names.has(name));
    for (const name of gone.filter((one) => units.get(one)!.lane.isIdle)) units.delete(name);
    const wishes = [...names, ...gone.filter((name) => units.has(name))].map((name) =>
      wishOf(looked.spec, name),
    );
    // Who leaves comes first: who needs its ports sees that it has begun.
    for (const wish of wishes.filter(leaves)) if (hears(wish)) want(wish, isSame);
    for (const wish of wishes.filter((one) => !leaves(one))) if (hears(wish)) want(wish, isSame);
    settled.ring();
    events.onChange();
    finishSoon();
  }

  /** What it needs may never be there: who waits for that is told by what it says itself then. */
  function startAfter({ after }: StepOf<'start'>, interrupted: AbortSignal): Promise<void> {
    const isAwaited = (name: string): boolean => {
      const { isUp = false, lane } = units.get(name) ?? {};
      return isUp && !(lane?.isSettled === true && lane.failure === null);
    };
    return settled.until(() => !after.some(isAwaited), interrupted, START_AFTER_MS);
  }

  function want(wish: ProcessWish, isSame: boolean): void {
    const { revision } = wish.spec.version;
    const was = units.get(wish.name);
    const unit = was ?? { isUp: false, lane: laneOf(wish.name), since: revision };
    unit.isUp = !leaves(wish);
    units.set(wish.name, unit);
    ports.note(wish);
    if (unit.lane.want(wish) && !isSame) unit.since = revision;
  }

  function laneOf(name: string): Lane<ProcessWish, Step> {
    return startLane(kind, {
      onStep: (step, { ms, error, note }) => {
        const noted = note === undefined ? {} : { note };
        steps.push({ kind: step.kind, process: name, ms, failed: error !== null, ...noted });
        const how = error === null ? 'done' : 'failed';
        events.log(
          `${step.kind} ${name}: ${how} in ${ms} ms${note === undefined ? '' : `: ${note}`}`,
        );
        if (error === null) ports.onStep(step);
        else logFailure({ process: name, ...error });
        events.onChange();
      },
      onSettled: () => {
        ports.onSettled(name);
        settled.ring();
        events.onChange();
        finishSoon();
      },
      onRetry: events.onRetry,
    });
  }

  function logFaults({ spec, faults }: Look): void {
    const all = [...spec.broken.map(({ process, error }) => ({ process, ...error })), ...faults];
    for (const fault of all) if (!logged.has(fault.message)) logFailure(fault);
    logged = new Set(all.map(({ message }) => message));
  }

  function logFailure({ process, message, why }: ErrorRecord & { process: string }): void {
    events.log(`${process}: ${message}${why === undefined ? '' : `: ${why}`}`);
  }

  function isComplete(): boolean {
    return [...units.values()].every(({ lane }) => lane.isSettled);
  }

  function busy(): Record<string, number> {
    const others = [...units].filter(([, { lane }]) => !lane.isSettled);
    return Object.fromEntries(others.map(([name, { since }]) => [name, since]));
  }

  function failures(): StepFailure[] {
    const { spec, faults } = taken?.looked ?? { spec: { broken: [] }, faults: [] };
    const sinceOf = (name: string): Pick<StepFailure, 'since'> => {
      const unit = units.get(name);
      return unit === undefined ? {} : { since: unit.since };
    };
    return [
      ...spec.broken.map(({ process, error }): StepFailure => {
        return { kind: 'compile', process, ...sinceOf(process), ...error };
      }),
      ...[...units].flatMap(([process, { lane }]): StepFailure[] => {
        if (lane.failure === null) return [];
        const { at, error } = lane.failure;
        return [{ kind: kindOf(at), process, ...sinceOf(process), ...error }];
      }),
      ...faults,
    ];
  }

  /** In order, so that the record of a later delivery is the later one. */
  function finishSoon(): void {
    finishing = finishing.then(finish).catch((error: unknown) => {
      events.log(`agent: what was done could not be recorded: ${String(error)}`);
    });
  }

  async function finish(): Promise<void> {
    if (taken === null || !isComplete()) return;
    await events.onDone(taken.delivery, taken.looked.spec, failures());
  }
}

/** All that should be on the node, and all that is. */
function namesIn({ spec, there }: Look): Set<string> {
  const { processes, broken, purge } = spec;
  const apart = [...broken, ...purge].map(({ process }) => process);
  return new Set([...processes.map(({ name }) => name), ...apart, ...there]);
}

function kindOf(at: LaneFailure<Step>['at']): StepFailure['kind'] {
  if (at === 'plan') return 'make-pass';
  return at === 'tidy' ? 'sweep-configs' : at.kind;
}
