import type { Live } from './state/live.ts';

/**
 * Looks soon after anything is heard of the document, of nodes or of verdicts, once for all that came meanwhile,
 * and now and then in any case: as long as there is something to look for.
 */
export function lookSoon(
  live: Live,
  options: { afterMs: number; everyMs: number; hasWork(): boolean; look(): void },
): { close(): void } {
  let isDue = false;
  let cancel = (): void => undefined;
  const soon = (): void => {
    if (isDue || !options.hasWork()) return;
    isDue = true;
    cancel = live.clock.after(options.afterMs, () => {
      isDue = false;
      options.look();
    });
  };
  const stops = [
    ...(['document', 'reports', 'verdicts'] as const).map((topic) => live.on(topic, soon)),
    live.clock.every(options.everyMs, soon),
  ];
  soon();
  return {
    close: () => {
      cancel();
      for (const stop of stops) stop();
    },
  };
}
