import { turnOf } from '../domain/rolls/rolls.ts';
import { endOfTurn } from '../operations/following/turns.ts';
import type { Knowledge } from '../operations/operation.ts';
import { configAdvance } from '../operations/settings.ts';
import { lookSoon } from './look-soon.ts';
import { changeByItself } from './own-change.ts';
import type { Changes } from './state/changes.ts';
import type { Live } from './state/live.ts';

/** Between two looks: reports of a thousand nodes are one. */
const LOOK_AFTER_MS = 50;
/** What could not be written is tried again after this, if nothing is heard before. */
const LOOK_AGAIN_MS = 10_000;

/**
 * Takes settings from node to node, as far as they are well there. All controllers do so: what one of them has
 * written is no news for the others, and another goes on when one dies.
 */
export function followRolls(
  live: Live,
  changes: Changes,
  knowledge: () => Knowledge,
): { close(): void } {
  let working = Promise.resolve();
  return lookSoon(live, {
    afterMs: LOOK_AFTER_MS,
    everyMs: LOOK_AGAIN_MS,
    hasWork: () => Object.keys(live.document?.cluster.rolls ?? {}).length > 0,
    look: () => {
      // What is heard while one step is written counts for the next one.
      working = working.then(advance).catch((error: Error) => process.emitWarning(error));
    },
  });

  async function advance(): Promise<void> {
    const known = knowledge();
    for (const [role, roll] of Object.entries(known.cluster.rolls ?? {})) {
      const end = roll.stopped === undefined ? endOfTurn(known, role) : null;
      if (end === null) continue;
      await changeByItself(changes, live.clock, configAdvance, { role, ...turnOf(roll), end });
    }
  }
}
