import { nodeDropAbandoned } from '../operations/nodes.ts';
import { changeByItself } from './own-change.ts';
import type { Changes } from './state/changes.ts';
import type { Live } from './state/live.ts';

const LOOK_EVERY_MS = 10_000;

/** Takes away the records of joins that broke off, once their time is over. */
export function dropAbandonedJoins(live: Live, changes: Changes): { close(): void } {
  const { clock } = live;
  const close = clock.every(LOOK_EVERY_MS, () => {
    const at = clock.at();
    const nodes = Object.values(live.document?.cluster.nodes ?? {});
    if (!nodes.some((node) => node.pendingUntil !== null && node.pendingUntil <= at)) return;
    void changeByItself(changes, clock, nodeDropAbandoned, {});
  });
  return { close };
}
