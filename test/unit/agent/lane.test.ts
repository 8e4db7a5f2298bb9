import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { type Lane, startLane, type UnitKind } from '../../../src/agent/lanes/lane.ts';
import { refuse } from '../../../src/domain/base/error.ts';

/** A unit that there is nowhere: a lamp that is to have some brightness, and dims by one a step. */
interface Lamp {
  brightness: number;
}
type Turn = { to: number };
/** Whoever has come that far goes there. */
const END = 7;

describe('the lane of a unit', () => {
  let brightness: number;
  let fault: Error | null;
  /** Ends the step under way, where it is one that waits for it. */
  let release: (() => void) | null;
  let isSlow: boolean;
  /** It changes something, and does not end when it is interrupted. */
  let stays: boolean;
  let steps: string[];
  let settled: number;
  let tidied: number;
  let lane: Lane<Lamp, Turn>;
  /** What is to be tried again. */
  let wish: Lamp;

  const lamps: UnitKind<Lamp, Turn> = {
    keyOf: (wish) => String(wish.brightness),
    plan: async (wish) => {
      const count = Math.abs(wish.brightness - brightness);
      const by = Math.sign(wish.brightness - brightness);
      return Array.from({ length: count }, (_, i) => ({ to: brightness + by * (i + 1) }));
    },
    apply: async ({ to }, interrupted) => {
      if (fault !== null) throw fault;
      if (isSlow) {
        await new Promise<void>((resolve, reject) => {
          release = resolve;
          interrupted.addEventListener('abort', () => !stays && reject(interrupted.reason));
        });
        if (fault !== null) throw fault;
      }
      brightness = to;
    },
    isLook: () => false,
    isEnd: ({ to }) => to === END,
    tidy: async () => {
      tidied++;
    },
  };

  beforeEach(() => {
    [brightness, fault, release, isSlow, steps] = [0, null, null, false, []];
    [settled, tidied, stays] = [0, 0, false];
    mock.timers.enable({ apis: ['setTimeout'] });
    lane = startLane(lamps, {
      onStep: ({ to }, { error }) => steps.push(`${to}${error === null ? '' : ' failed'}`),
      onSettled: () => settled++,
      onRetry: () => lane.want(wish),
    });
  });
  afterEach(async () => {
    await lane.end();
    mock.timers.reset();
  });

  it('leads step by step to what is wished for, and has nothing to do where it is so', async () => {
    assert.equal(lane.isSettled, false);
    lane.want({ brightness: 3 });
    await lane.settled();
    assert.deepEqual([brightness, steps, lane.failure, settled], [3, ['1', '2', '3'], null, 1]);
    assert.equal(tidied, 1);
    lane.want({ brightness: 3 });
    assert.ok(lane.isSettled, 'what is so stays so while it is looked at');
    await turns();
    assert.deepEqual([steps.length, settled], [3, 1]);
  });

  it('looks again at what there is when the same is wished for', async () => {
    lane.want({ brightness: 1 });
    await lane.settled();
    brightness = 0;
    lane.want({ brightness: 1 });
    await turns();
    assert.deepEqual([brightness, steps], [1, ['1', '1']]);
  });

  it('ends a wait when something else is wished for, and that is no failure', async () => {
    isSlow = true;
    lane.want({ brightness: 2 });
    await turns();
    isSlow = false;
    lane.want({ brightness: -1 });
    assert.equal(lane.isSettled, false);
    await lane.settled();
    assert.deepEqual([brightness, steps, lane.failure], [-1, ['-1'], null]);
  });

  it('does not end a wait for the same wish, and goes on with the plan that it has', async () => {
    isSlow = true;
    lane.want({ brightness: 1 });
    await turns();
    lane.want({ brightness: 1 });
    await turns();
    assert.deepEqual([lane.isSettled, steps], [false, []]);
    isSlow = false;
    release!();
    await lane.settled();
    assert.deepEqual([brightness, steps], [1, ['1']]);
  });

  it('says why it failed, tries again ever more seldom, and has failed until it has not', async () => {
    fault = refuse('FAILED', 'the bulb is gone', 'it burnt', 'change it');
    wish = { brightness: 2 };
    lane.want(wish);
    await lane.settled();
    assert.deepEqual([lane.failure?.at, lane.failure?.error.why], [{ to: 1 }, 'it burnt']);
    for (const seconds of [1, 2, 4]) {
      mock.timers.tick(seconds * 1000);
      await turns();
      assert.ok(lane.isSettled && lane.failure !== null, 'while it is tried again');
    }
    assert.deepEqual([steps, tidied], [Array(4).fill('1 failed'), 4]);
    fault = null;
    mock.timers.tick(8000);
    await turns();
    assert.deepEqual([brightness, lane.failure], [2, null]);
  });

  it('tries at once what is wished for after a failure', async () => {
    fault = new Error('odd');
    lane.want({ brightness: 1 });
    await lane.settled();
    assert.equal(lane.failure?.error.code, 'INTERNAL');
    fault = null;
    lane.want({ brightness: 2 });
    await lane.settled();
    assert.deepEqual([brightness, lane.failure], [2, null]);
  });

  it('ends with the step that is under way, waits for nothing, and begins nothing more', async () => {
    isSlow = true;
    lane.want({ brightness: 2 });
    await turns();
    await lane.end();
    lane.want({ brightness: 5 });
    await turns();
    assert.deepEqual([brightness, steps], [0, []]);
    await lane.settled();
  });

  it('ends what it has begun before something else, and not before it has begun', async () => {
    brightness = 5;
    isSlow = true;
    lane.want({ brightness: 9 });
    await turns();
    const patient = release!;
    isSlow = false;
    // This step is no wait: it goes on to its end.
    stays = true;
    lane.want({ brightness: 5 });
    patient();
    await lane.settled();
    assert.deepEqual([brightness, steps], [5, ['6', '7', '6', '5']]);
  });

  it('has on record what failed though something else is wished for', async () => {
    isSlow = true;
    stays = true;
    lane.want({ brightness: 3 });
    await turns();
    lane.want({ brightness: 0 });
    fault = new Error('odd');
    release!();
    await turns();
    assert.deepEqual([steps, lane.failure], [['1 failed'], null]);
  });

  it('tells another failure than before', async () => {
    const told: (string | undefined)[] = [];
    const failing = startLane(lamps, {
      onStep: () => undefined,
      onSettled: () => told.push(failing.failure?.error.message),
      onRetry: () => undefined,
    });
    for (const message of ['first', 'second']) {
      fault = new Error(message);
      failing.want({ brightness: 1 });
      await turns();
    }
    assert.deepEqual(told, ['first', 'second']);
    await failing.end();
  });

  it('has failed where something of no use stays', async () => {
    const untidy = startLane(
      { ...lamps, tidy: () => Promise.reject(new Error('it is stuck')) },
      { onStep: () => undefined, onSettled: () => undefined, onRetry: () => undefined },
    );
    untidy.want({ brightness: 1 });
    await untidy.settled();
    assert.deepEqual([untidy.failure?.at, untidy.failure?.error.message], ['tidy', 'it is stuck']);
    await untidy.end();
  });

  it('plans anew after a step that tells more', async () => {
    const tells: UnitKind<Lamp, Turn> = {
      ...lamps,
      apply: async ({ to }) => {
        brightness = to === 1 ? 2 : to;
      },
      isLook: ({ to }) => to === 1,
    };
    const knowing = startLane(tells, {
      onStep: ({ to }) => steps.push(String(to)),
      onSettled: () => undefined,
      onRetry: () => undefined,
    });
    knowing.want({ brightness: 3 });
    await knowing.settled();
    assert.deepEqual(steps, ['1', '3']);
    await knowing.end();
  });
});

/** Until all that waits for nothing is done. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
