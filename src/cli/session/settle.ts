import type { Phase } from '../../operations/local/phases.ts';
import type { Voice } from './progress.ts';

const SETTLE_MS = 180_000;

/** The last phase of a command that starts an agent: its node has made its first view true. */
export function settlePhase<Context>(
  voice: Voice,
  revision: (context: Context) => number,
  /** Steps of a pass that was over before the command began are no news. */
  tells: (context: Context) => boolean = () => true,
): Phase<Context> {
  return {
    name: 'settle',
    title: 'Wait until everything runs',
    run: async (context) => {
      const { followNodes } = await import('./follow.ts');
      const wanted = { revision: revision(context), timeoutMs: SETTLE_MS };
      await followNodes(wanted, (line) => tells(context) && voice.say(line));
    },
  };
}
