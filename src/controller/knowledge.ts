import type { Bus } from '../bus/bus.ts';
import type { Store } from '../bus/store.ts';
import { nodeAsk } from '../bus/subjects.ts';
import { type ErrorCode, KatoError } from '../domain/error.ts';
import { prove } from '../domain/proof.ts';
import type { Catalogue } from '../domain/role.ts';
import { isGone } from '../domain/verdicts.ts';
import type { Announcements, Knowledge } from '../operations/operation.ts';
import { takeDisplaced, voices } from './displaced.ts';
import { documentOf, type Live } from './live.ts';

const NO_ANSWER: readonly ErrorCode[] = ['NODE_UNREACHABLE', 'TIMEOUT'];

/** What an operation may know and ask, at this moment. */
export function knowledgeOf(options: {
  bus: Bus;
  store: Store;
  live: Live;
  catalogue: Catalogue;
  controllerKey: string;
  seed: string;
  kato: string;
  announcements: Announcements;
  /** The controller ends: nobody is to wait for what it would hear. */
  signal: AbortSignal;
}): Knowledge {
  const { bus, store, live, catalogue, controllerKey, seed, kato, announcements, signal } = options;
  const { older, verdicts, reports } = live;
  const { cluster, version } = documentOf(live);
  const nowMs = performance.now();
  const lastSeen = new Map([...live.signs].map(([id, ms]) => [id, (nowMs - ms) / 1000]));
  return {
    cluster,
    version: prove(version, seed),
    older,
    catalogue,
    controllerKey,
    kato,
    verdicts,
    get announced() {
      return live.announced;
    },
    announcements,
    reports,
    lastSeen,
    displaced: live.displaced,
    voicesOf: voices(live),
    takeDisplaced: (id, told) => takeDisplaced(live, store, id, told),
    now: () => new Date(),
    secret: (name) => store.getSecret(name),
    secretsBelow: (prefix) => store.listSecrets(prefix),
    askAll: async (what, waitMs) => {
      const ids = Object.keys(cluster.nodes).filter((id) => !isGone(verdicts, id));
      const subjects = ids.map((id) => nodeAsk(id, what));
      const answers = await bus.gather(subjects, null, { waitMs });
      return new Map(
        ids.flatMap((id, i) => {
          const answer = answers[i]!;
          if (!('ok' in answer)) return [];
          live.signs.set(id, performance.now());
          return [[id, answer.ok]];
        }),
      );
    },
    askNode: async (id, what, body, waitMs) => {
      try {
        return await bus.request(nodeAsk(id, what), body, { timeoutMs: waitMs });
      } catch (error) {
        // Anything else is what the node itself answered, or is not about the node.
        if (!(error instanceof KatoError && NO_ANSWER.includes(error.code))) throw error;
        throw new KatoError(
          {
            code: 'NODE_UNREACHABLE',
            message: `node ${cluster.nodes[id]?.name ?? id} does not answer`,
            why: error.message,
            next: 'kato status shows when it was last seen',
          },
          { cause: error },
        );
      }
    },
    history: (limit, names) => store.readHistory({ limit, names }),
    nextReport: (waitMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          stop();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, signal.aborted ? 0 : waitMs);
        const stop = live.on('reports', done);
        signal.addEventListener('abort', done);
      }),
  };
}
