import { KatoError } from '../domain/base/error.ts';
import type { Spec } from '../domain/making/spec.ts';
import type { StepFailure, StepResult } from '../domain/making/step.ts';
import { updateSteps, writtenAfter } from '../domain/making/update.ts';
import { type Delivery, readWritten, writeWritten } from '../machine/node/ledger.ts';
import { applied, applyGroup, arrange, look, type PassContext } from './pass.ts';

/** Tells what a newer kato merely writes otherwise from what the cluster asks otherwise. */
export interface UpdateKeeper {
  /**
   * Before a newer view comes: what this kato writes otherwise counts from the next start. What fails is
   * tried again before the next pass, which says why.
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
    const { spec, observed } = looked;
    const done: StepResult[] = [];
    const { groups } = arrange(updateSteps(spec, observed, pending.hash, before));
    await Promise.all(
      groups.map(async (group) => {
        const isDone = await applyGroup(group, async (step) => {
          return (await applied(step, paths, done)) === null;
        });
        if (isDone)
          log(`${group[0]!.process}: what this kato writes otherwise waits for its start`);
      }),
    );
    if (done.every(({ failed }) => !failed)) pending = null;
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
