import type { Phase } from '../operations/local/phases.ts';
import type { Progress } from '../operations/status.ts';
import type { Voice } from './progress.ts';
import { stepLine } from './render/step.ts';
import { ask, self } from './session.ts';

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
      const { follow } = await import('./follow.ts');
      const { node } = await self();
      await follow({
        nodes: [node.id],
        revision: revision(context),
        timeoutMs: SETTLE_MS,
        poll: (params, timeoutMs) => ask<Progress[]>('progress', params, timeoutMs),
        names: new Map([[node.id, node.name]]),
        onStep: (name, step) => tells(context) && voice.say(stepLine(name, step)),
      });
    },
  };
}
