import { toErrorRecord } from '../../domain/base/error.ts';
import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import { retryMs } from '../loop.ts';

/** A kind of unit on a node: what it wishes for, and how it gets there. */
export interface UnitKind<Wish, Step> {
  /** Wishes with the same key ask for the same. */
  keyOf(wish: Wish): string;
  /** The steps that are left between what there is now and the wish: none where it is so. */
  plan(wish: Wish): Promise<readonly Step[]>;
  /**
   * Makes one change. What only waits ends with the signal's reason once something else is wished for. Hands
   * back what a person should know of it.
   */
  apply(step: Step, interrupted: AbortSignal): Promise<string | undefined>;
  /** Whether what follows is known only when it is done: the rest is planned anew. */
  isLook(step: Step): boolean;
  /** Whether it ends what those before it have begun, and so is done though something else is wished for. */
  isEnd(step: Step): boolean;
  /** Takes away what is of no use any more, after the steps, also where one has failed. */
  tidy(wish: Wish): Promise<void>;
}

export interface LaneEvents<Step> {
  onStep(step: Step, result: { ms: number; error: ErrorRecord | null; note?: string }): void;
  /** Its wish is done, or has failed for now. */
  onSettled(): void;
  /** It is time to try again what has failed: with what should be by then. */
  onRetry(): void;
}

/** The one who works on a unit: it looks, plans and applies alone, and waits for no other unit. */
export interface Lane<Wish, Step> {
  /**
   * Another wish ends a wait for the one before; the same again is a reason to look at what there is.
   * Whether it is another.
   */
  want(wish: Wish): boolean;
  /** Whether that is what was wished for last. */
  isWanted(wish: Wish): boolean;
  /** Whether the last wish was done, or failed. While it is tried again, it still has failed. */
  readonly isSettled: boolean;
  /** Whether nothing is under way, or to be tried again. */
  readonly isIdle: boolean;
  /** Until it is settled. */
  settled(): Promise<void>;
  /** Why the last wish is not done. */
  readonly failure: LaneFailure<Step> | null;
  /** The step under way ends, and none follows. */
  end(): Promise<void>;
}

export interface LaneFailure<Step> {
  /** What it was that failed. */
  at: Step | 'plan' | 'tidy';
  error: ErrorRecord;
}

type Outcome<Step> = 'done' | 'overtaken' | (LaneFailure<Step> & { ms: number });

export function startLane<Wish, Step>(
  kind: UnitKind<Wish, Step>,
  events: LaneEvents<Step>,
): Lane<Wish, Step> {
  let wish: Wish | undefined;
  let key: string | null = null;
  let settledKey: string | null = null;
  let failure: LaneFailure<Step> | null = null;
  let isDue = false;
  let working: Promise<void> | null = null;
  let interrupt = new AbortController();
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let isOver = false;
  const waiting: (() => void)[] = [];

  const lane: Lane<Wish, Step> = {
    want: (next) => {
      const nextKey = kind.keyOf(next);
      const isOther = nextKey !== key;
      wish = next;
      key = nextKey;
      if (isOther) {
        settledKey = null;
        failures = 0;
        interrupt.abort(new Error('something else is wished for'));
      }
      look();
      return isOther;
    },
    isWanted: (other) => kind.keyOf(other) === key,
    get isSettled() {
      return key !== null && settledKey === key;
    },
    get isIdle() {
      return working === null && failure === null;
    },
    settled: () =>
      lane.isSettled || isOver
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push(resolve)),
    get failure() {
      return failure;
    },
    end: async () => {
      isOver = true;
      clearTimeout(retry);
      interrupt.abort(new Error('the agent ends'));
      await working;
      release();
    },
  };
  return lane;

  function look(): void {
    clearTimeout(retry);
    isDue = true;
    if (!isOver) working ??= work();
  }

  async function work(): Promise<void> {
    while (isDue && !isOver) {
      isDue = false;
      interrupt = new AbortController();
      const outcome = await tidied(wish!, await round(wish!, interrupt.signal));
      if (interrupt.signal.aborted || outcome === 'overtaken') isDue = true;
      else settle(outcome);
    }
    // At once: what is wished for from here on begins anew.
    working = null;
    if (failure === null || isOver) return;
    retry = setTimeout(events.onRetry, retryMs(failures++, Math.random())).unref();
  }

  function settle(outcome: Exclude<Outcome<Step>, 'overtaken'>): void {
    const isNews = settledKey !== key || failure !== null || outcome !== 'done';
    failure = outcome === 'done' ? null : { at: outcome.at, error: outcome.error };
    if (outcome === 'done') failures = 0;
    else if (outcome.at !== 'plan' && outcome.at !== 'tidy') events.onStep(outcome.at, outcome);
    settledKey = key;
    release();
    if (isNews) events.onSettled();
  }

  function release(): void {
    for (const resolve of waiting.splice(0)) resolve();
  }

  async function round(wanted: Wish, interrupted: AbortSignal): Promise<Outcome<Step>> {
    let at: Step | 'plan' = 'plan';
    let startedMs = performance.now();
    try {
      for (let rest = await kind.plan(wanted); rest.length > 0; ) {
        const step = rest[0]!;
        if (interrupted.aborted && !(at !== 'plan' && kind.isEnd(step))) return 'overtaken';
        at = step;
        startedMs = performance.now();
        const note = await kind.apply(step, interrupted);
        const done = { ms: msSince(startedMs), error: null };
        events.onStep(step, note === undefined ? done : { ...done, note });
        if (!kind.isLook(step)) rest = rest.slice(1);
        else {
          at = 'plan';
          rest = await kind.plan(wanted);
        }
      }
      return 'done';
    } catch (caught) {
      if (interrupted.aborted && caught === interrupted.reason) return 'overtaken';
      const failed = { at, error: toErrorRecord(caught), ms: msSince(startedMs) };
      if (!interrupted.aborted) return failed;
      // What it failed with says nothing of what is wished for now, and is on record all the same.
      if (at !== 'plan') events.onStep(at, failed);
      return 'overtaken';
    }
  }

  async function tidied(wanted: Wish, outcome: Outcome<Step>): Promise<Outcome<Step>> {
    if (outcome === 'overtaken') return outcome;
    try {
      await kind.tidy(wanted);
      return outcome;
    } catch (error) {
      return outcome === 'done' ? { at: 'tidy', error: toErrorRecord(error), ms: 0 } : outcome;
    }
  }
}

function msSince(startedMs: number): number {
  return Math.round(performance.now() - startedMs);
}
