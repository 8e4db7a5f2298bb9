import { KatoError } from '../domain/base/error.ts';
import type { Spec } from '../domain/making/spec.ts';
import type { Step, StepFailure } from '../domain/making/step.ts';
import { updateSteps, writtenAfter } from '../domain/making/update.ts';
import { applyStep } from '../machine/apply/apply.ts';
import { AGENT } from '../machine/disk/places.ts';
import { type Delivery, readWritten, writeWritten } from '../machine/node/ledger.ts';
import { observe } from '../machine/observe.ts';
import { look, type PassContext } from './look.ts';

/** Tells what a newer kato merely writes otherwise from what the cluster asks otherwise. */
export interface UpdateKeeper {
  /**
   * Before a newer view comes, and before anything is done: what this kato writes otherwise counts from the
   * next start. What fails is tried again, as long as nothing else was done.
   */
  take(delivery: Delivery | null): Promise<void>;
  /** What a pass has done of a delivery goes on record for the next kato. */
  note(delivery: Delivery, spec: Spec, failures: readonly StepFailure[]): Promise<void>;
}

/** `kept` is what the previous kato had on disk: only that tells the two apart. */
export async function updateKeeper(
  context: PassContext,
  kept: Delivery | null,
  log: (line: string) => void,
): Promise<UpdateKeeper> {
  const { paths } = context;
  const before = await readWritten(paths);
  let written = before;
  let pending = kept;
  return { take, note };

  async function take(delivery: Delivery | null): Promise<void> {
    if (pending === null || delivery !== pending) return;
    const looked = await look(context, pending).catch((error: unknown) => {
      // A newer view may be one that this kato can read.
      if (error instanceof KatoError) return null;
      throw error;
    });
    if (looked === null) return;
    const { spec } = looked;
    const observed = await observe(paths, spec.processes);
    const steps = updateSteps(spec, observed, pending.hash, before);
    const groups = Map.groupBy(steps, ({ process }) => process);
    const done = await Promise.all([...groups].map(([name, group]) => takeOne(name, group)));
    if (done.every((isDone) => isDone)) pending = null;
  }

  async function takeOne(name: string, steps: readonly Step[]): Promise<boolean> {
    try {
      for (const step of steps) await applyStep(step, { paths, self: AGENT });
      log(`${name}: what this kato writes otherwise waits for its start`);
      return true;
    } catch (error) {
      log(`${name}: what this kato writes otherwise could not be written: ${String(error)}`);
      return false;
    }
  }

  async function note(
    { hash }: Delivery,
    spec: Spec,
    failures: readonly StepFailure[],
  ): Promise<void> {
    const next = writtenAfter(spec, hash, new Set(failures.map((one) => one.process)), written);
    if (next === null || JSON.stringify(next) === JSON.stringify(written)) return;
    await writeWritten(paths, next);
    written = next;
  }
}
