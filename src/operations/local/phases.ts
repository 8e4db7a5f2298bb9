/**
 * One named part of a local command. Phases run in order; each finds out by itself what is already
 * done, so that a command which was interrupted anywhere ends well when it is run again.
 */
export interface Phase<Context> {
  name: string;
  /** What a person reads while it runs. */
  title: string;
  run(context: Context): Promise<void>;
}

export async function runPhases<Context>(
  phases: readonly Phase<Context>[],
  context: Context,
  onPhase: (phase: Phase<Context>) => void,
): Promise<void> {
  for (const phase of phases) {
    onPhase(phase);
    await phase.run(context);
  }
}
