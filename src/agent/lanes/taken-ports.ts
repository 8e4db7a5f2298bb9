import { KatoError } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { Listen } from '../../domain/making/spec.ts';
import type { ProcessReport, StepFailure } from '../../domain/making/step.ts';
import { refuseTakenPorts } from '../../machine/apply/run-state.ts';
import type { Lanes } from './lanes.ts';

/**
 * Finds out which processes run while another program has a port of theirs: after a boot, or a restart by
 * the supervision, where no step has looked before. A program may try for seconds, and a check that
 * connects finds the other one. Once an instance has its ports it keeps them.
 */
export function portWatch(
  paths: Paths,
  lanes: Pick<Lanes, 'listens'>,
): (processes: Readonly<Record<string, ProcessReport>>) => Promise<StepFailure[]> {
  const owned = new Map<string, number>();
  return async (processes) => {
    const failures: StepFailure[] = [];
    for (const [name, listens] of lanes.listens) {
      const { pid = null, state } = processes[name] ?? {};
      if (pid === null || owned.get(name) === pid) continue;
      const failure = await failureOf(name, listens, pid);
      if (failure !== null) failures.push(failure);
      else if (state === 'RUNNING') owned.set(name, pid);
    }
    return failures;
  };

  async function failureOf(
    process: string,
    listens: readonly Listen[],
    pid: number,
  ): Promise<StepFailure | null> {
    try {
      await refuseTakenPorts(process, listens, paths, pid);
      return null;
    } catch (error) {
      // Nobody who asks for something else has to do with it.
      if (error instanceof KatoError)
        return { kind: 'start', process, since: 0, ...error.toJSON() };
      throw error;
    }
  }
}
