import type { Step } from '../../domain/making/step.ts';
import { createBell } from './bell.ts';
import { isStop, leaves, type ProcessWish, portsOf } from './process-unit.ts';

/** Who has which ports of a node, as far as its processes are concerned. */
export interface PortKeeper {
  /** What is wished for of a process from now on. */
  note(wish: ProcessWish): void;
  onPlan(name: string, steps: readonly Step[]): void;
  onStep(step: Step): void;
  /** It is down, or cannot be brought down: who takes its ports finds out. */
  onSettled(name: string): void;
  /** Ends when no process is about to leave any more that has a port which this one is to take. */
  freePorts(name: string, interrupted: AbortSignal): Promise<void>;
}

interface Holder {
  isLeaving: boolean;
  wanted: readonly number[];
  /** What it may have still; null for one of which only its name is known. */
  held: readonly number[] | null;
}

export function portKeeper(): PortKeeper {
  const holders = new Map<string, Holder>();
  const bell = createBell();
  return {
    note: (wish) => {
      const was = holders.get(wish.name);
      const isLeaving = leaves(wish);
      const wanted = isLeaving ? [] : portsOf(wish);
      const held = was === undefined ? null : was.held;
      // Until it is down or has started anew it may have those of before, too.
      const all = new Set([...(held ?? []), ...wanted]);
      holders.set(wish.name, {
        isLeaving,
        wanted,
        held: held === null && isLeaving ? null : [...all],
      });
    },
    onPlan: (name, steps) => {
      if (!steps.some(isStop)) release(name);
    },
    onStep: (step) => {
      if (isStop(step)) release(step.process);
    },
    onSettled: release,
    freePorts: async (name, interrupted) => {
      const wanted = holders.get(name)?.wanted ?? [];
      const isInTheWay = (): boolean =>
        [...holders].some(
          ([other, { isLeaving, held }]) =>
            other !== name && isLeaving && (held?.some((port) => wanted.includes(port)) ?? true),
        );
      await bell.until(() => wanted.length === 0 || !isInTheWay(), interrupted);
    },
  };

  function release(name: string): void {
    const holder = holders.get(name);
    if (holder === undefined || !holder.isLeaving) return;
    holders.set(name, { ...holder, held: [] });
    bell.ring();
  }
}
