import type { Bus } from '../../src/bus/bus.ts';
import type { Heartbeat } from '../../src/controller/hearing/liveness.ts';
import { contentsKeeper } from '../../src/controller/state/contents.ts';
import { createLive, takeDocument } from '../../src/controller/state/live.ts';
import { type Waker, wakeNodes } from '../../src/controller/wake.ts';
import type { Cluster } from '../../src/domain/document/cluster.ts';
import { catalogue, clusterWith, NOW } from './clusters.ts';
import { manualClock } from './manual-clock.ts';

export const SECOND_MS = 1000;
/** Nothing was said. */
export const NOBODY = { woken: [], news: 0 };
/** Longer than anything is gathered. */
export const GATHERED_MS = 300;
export const FIRST = clusterWith({ web: ['router'], db: ['redis'], plain: [] });

/** A controller with a bus that carries nothing, and all that was said on it. */
export function wakingController(cluster: Cluster = FIRST) {
  const clock = manualClock(NOW);
  const live = createLive(clock);
  const said: string[] = [];
  const logged: string[] = [];
  takeDocument(live, cluster, 1);
  const controllerKeys = { controller: 'UCTL', warden: 'UWARDEN' };
  const contents = contentsKeeper({ live, catalogue, controllerKeys, seed: 'seed', kato: '0.2.0' });
  const publish = (subject: string) => said.push(subject) > 0;
  const waker: Waker = wakeNodes({
    bus: { publish } as unknown as Bus,
    ...{ live, contents, log: (line) => logged.push(line) },
  });
  const told = {
    /** Who was woken, and whether news were told, since the last time. */
    since: () => {
      const all = said.splice(0);
      const woken = all.map((subject) => /^kato\.node\.(.+)\.wake$/.exec(subject)?.[1] ?? null);
      return {
        woken: woken.filter((id) => id !== null).sort(),
        news: all.filter((subject) => subject === 'kato.ask.versions').length,
      };
    },
    /** What a node says that has all that this controller knows. */
    beatOf: (id: string, changes: Partial<Heartbeat> = {}): Heartbeat => {
      const { contentOf, made, version } = contents();
      return { version, leaving: false, have: { content: contentOf(id), made }, ...changes };
    },
    change: (next: Cluster) => takeDocument(live, after(live.document!.cluster, next), 2),
  };
  clock.tick(GATHERED_MS);
  told.since();
  return {
    ...{ tick: clock.tick, epochMs: clock.epochMs },
    live,
    contents,
    waker,
    logged,
    ...told,
  };
}

function after(before: Cluster, changed: Cluster): Cluster {
  return { ...changed, revision: before.revision + 1 };
}
