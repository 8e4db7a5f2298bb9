import type { Bus } from '../bus/bus.ts';
import { wake } from '../bus/subjects.ts';
import { hashOf } from '../domain/base/hash.ts';
import type { Catalogue } from '../domain/roles/role.ts';
import type { ControllerKeys } from '../domain/views/view.ts';
import { viewFor } from '../domain/views/view-for.ts';
import type { Heartbeat } from './hearing/liveness.ts';
import type { Live } from './state/live.ts';

/** Changes are gathered: a wake-up waits for silence of this length ... */
const GATHER_MS = 100;
/** ... but no longer than this in all. */
const GATHER_MS_MAX = 1000;

/** Wakes all nodes, then those whose view has changed. `repair` makes a lost wake-up good: a heartbeat shows it. */
export function wakeNodes(options: {
  bus: Bus;
  live: Live;
  catalogue: Catalogue;
  controllerKeys: ControllerKeys;
}): { repair(nodeId: string, beat: Heartbeat): void; close(): void } {
  const { bus, live } = options;
  const sent = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let waitingSinceMs: number | null = null;

  const wakeNow = (): void => {
    timer = undefined;
    waitingSinceMs = null;
    const hashes = viewHashes(new Date().toISOString());
    for (const [id, hash] of hashes) {
      if (sent.get(id) === hash) continue;
      sent.set(id, hash);
      bus.publish(wake(id), null);
    }
    for (const id of [...sent.keys()].filter((known) => !hashes.has(known))) {
      // Removed: it finds out when it asks, while the bus still knows it.
      sent.delete(id);
      bus.publish(wake(id), null);
    }
  };
  /** A person waits for a change of the document; liveness and routes come in crowds. */
  const gather = (): void => {
    waitingSinceMs ??= performance.now();
    const leftMs = waitingSinceMs + GATHER_MS_MAX - performance.now();
    clearTimeout(timer);
    timer = setTimeout(wakeNow, Math.max(0, Math.min(GATHER_MS, leftMs)));
  };
  const stops = [
    live.on('document', wakeNow),
    live.on('verdicts', gather),
    live.on('announced', gather),
  ];
  wakeNow();
  return {
    repair: (id, { version: seen }) => {
      if (live.document === null || !(id in live.document.cluster.nodes)) return;
      const { version } = live.document;
      const same = seen?.lineage === version.lineage && seen.revision >= version.revision;
      if (!same) bus.publish(wake(id), null);
    },
    close: () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };

  function viewHashes(at: string): Map<string, string> {
    const { document, verdicts, announced } = live;
    if (document === null) return new Map();
    const { cluster, version } = document;
    const { catalogue, controllerKeys } = options;
    const input = {
      cluster,
      version: { ...version, proof: '' },
      controllerKeys,
      catalogue,
      verdicts,
      announced,
      at,
    };
    return new Map(
      Object.keys(cluster.nodes).map((id) => {
        const { version: _version, ...content } = viewFor(input, id);
        return [id, hashOf(content)];
      }),
    );
  }
}
