import type { Paths } from '../../domain/making/paths.ts';
import type { StepFailure } from '../../domain/making/step.ts';
import { observeStates } from '../../machine/observe.ts';
import { watchProcesses } from '../../machine/s6/watch.ts';
import type { Lanes } from './lanes.ts';

const STARTING: readonly StepFailure['kind'][] = ['start', 'restart', 'await-ready', 'recheck'];

/** Sees what processes do by themselves: it is told, and a lane that has failed looks again where it may help. */
export function watchUnits(
  paths: Paths,
  lanes: Pick<Lanes, 'done'>,
  { wake, tell }: { wake(): void; tell(): void },
): Disposable {
  return watchProcesses(paths, {
    onChange: () => {
      // Its data may have come, and then it started by itself.
      if (lanes.done.failures.some(({ code }) => code === 'DATA_MISSING')) wake();
      tell();
    },
    onRest: async () => ((await isUpAgain()) ? wake() : tell()),
  });

  /** Whether something that could not be started runs by now. */
  async function isUpAgain(): Promise<boolean> {
    const failed = lanes.done.failures.filter(({ kind }) => STARTING.includes(kind));
    if (failed.length === 0) return false;
    const now = await observeStates(paths);
    return failed.some(({ process }) => now[process]?.state === 'RUNNING');
  }
}
