import type { Paths } from '../../domain/making/paths.ts';
import { LEAVE_SECONDS } from '../../domain/making/plan.ts';
import { forgetHalt, isHalting, sayReleased, watchHalt } from '../../machine/node/halting.ts';
import type { Released } from '../../operations/following/released.ts';
import { untilReleased } from './released.ts';

/** Above what any node takes to end once its processes were told to: a halt that was begun was given up. */
const GIVEN_UP_MS = 30_000;

export interface Goodbye extends Disposable {
  /** Whether the node is about to end: its signs of life say so. */
  readonly isLeaving: boolean;
}

/** Says goodbye as soon as somebody ends this node, and who does hears when nobody sends it requests any more. */
export function sayGoodbye(
  paths: Paths,
  node: {
    /** Gives a sign of life, by which it leaves or not. */
    beat(leaving: boolean): void;
    /** Whether others send requests to it. */
    serves(): boolean;
    released(waitMs: number): Promise<Released>;
    log(line: string): void;
  },
): Goodbye {
  /** One for each halt that is begun. */
  let leaving: object | null = null;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const isAsked = await isHalting(paths);
    if (isAsked === (leaving !== null)) return;
    const now = isAsked ? {} : null;
    leaving = now;
    node.beat(isAsked);
    clearTimeout(timer);
    if (now === null) return node.log('this node was about to halt, and did not');
    node.log('this node is about to halt');
    timer = setTimeout(() => void forgetHalt(paths), GIVEN_UP_MS).unref();
    const late = node.serves() ? await untilReleased(node.released, LEAVE_SECONDS) : undefined;
    if (late !== undefined) node.log(`halt: ${late}`);
    if (leaving === now) await sayReleased(paths);
  };
  const failed = (error: unknown): void => node.log(`halt: ${String(error)}`);
  const watching = watchHalt(paths, () => void look().catch(failed));
  return {
    get isLeaving() {
      return leaving !== null;
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      watching[Symbol.dispose]();
    },
  };
}
