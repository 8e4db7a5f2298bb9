import { nodeDropAbandoned } from '../operations/nodes.ts';
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
    const request = {
      operation: nodeDropAbandoned,
      params: {},
      id: clock.newId(),
      by: null,
      who: 'controller',
      asker: 'controller',
    };
    // What could not be written is seen again at the next look.
    changes.perform(request).catch(() => undefined);
  });
  return { close };
}
