import type { Bus } from '../../bus/bus.ts';
import type { Store } from '../../bus/store/store.ts';
import { nodeAsk } from '../../bus/subjects.ts';
import { KatoError } from '../../domain/base/error.ts';
import type { ErrorCode } from '../../domain/base/error-codes.ts';
import type { Report } from '../../domain/making/step.ts';
import { elsewhereHelp, machinesElsewhere } from '../../domain/nodes/displaced.ts';
import { isGone } from '../../domain/nodes/verdicts.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import type { Contents } from '../../domain/views/contents.ts';
import type { ControllerKeys, ProvenVersion } from '../../domain/views/view.ts';
import type { Announcements, Knowledge } from '../../operations/operation.ts';
import { reportOf } from '../../operations/report.ts';
import { takeDisplaced, voices } from '../hearing/displaced.ts';
import { documentOf, type Live } from './live.ts';

const NO_ANSWER: readonly ErrorCode[] = ['NODE_UNREACHABLE', 'TIMEOUT'];

/** What an operation may know and ask, at this moment. */
export function knowledgeOf(options: {
  bus: Bus;
  store: Store;
  live: Live;
  catalogue: Catalogue;
  controllerKeys: ControllerKeys;
  kato: string;
  announcements: Announcements;
  contents: () => Contents;
  /** Looks at what the bus holds now, where a version was proven that is newer than the state at hand. */
  catchUp(seen: ProvenVersion): Promise<void>;
  askNodes: Knowledge['askAll'];
  /** The controller ends: nobody is to wait for what it would hear. */
  signal: AbortSignal;
}): Knowledge {
  const { bus, store, live, catalogue, controllerKeys, kato, announcements, signal } = options;
  const { older, reports } = live;
  const { cluster } = documentOf(live);
  const { version } = options.contents();
  return {
    cluster,
    version,
    older,
    catalogue,
    controllerKeys,
    kato,
    get verdicts() {
      return live.verdicts;
    },
    get announced() {
      return live.announced;
    },
    announcements,
    get contents() {
      return options.contents();
    },
    caughtUp: async (seen) => {
      await options.catchUp(seen);
      return knowledgeOf(options);
    },
    reports,
    get lastSeen() {
      const nowMs = live.clock.nowMs();
      return new Map([...live.signs].map(([id, ms]) => [id, (nowMs - ms) / 1000]));
    },
    displaced: live.displaced,
    voicesOf: voices(live),
    takeDisplaced: (id, told) => takeDisplaced(live, store, id, told),
    now: () => new Date(live.clock.epochMs()),
    secret: (name) => store.getSecret(name),
    secretsBelow: (prefix) => store.listSecrets(prefix),
    askAll: options.askNodes,
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
            ...(whyAway(id) ?? {
              why: error.message,
              next: 'kato status shows when it was last seen',
            }),
          },
          { cause: error },
        );
      }
    },
    history: (limit, names, id = '') => store.readHistory({ limit, names, id }),
    nextNews: (waitMs) =>
      new Promise((resolve) => {
        const done = (): void => {
          stopWaiting();
          for (const stop of stops) stop();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const stopWaiting = live.clock.after(signal.aborted ? 0 : waitMs, done);
        const stops = [live.on('reports', done), live.on('verdicts', done)];
        signal.addEventListener('abort', done);
      }),
  };

  /** A node whose machine is elsewhere does not answer, however long somebody waits. */
  function whyAway(id: string): { why: string; next: string } | null {
    const node = cluster.nodes[id];
    if (node === undefined) return null;
    const told = live.displaced.get(id) ?? [];
    const { heard } = voices(live)(id);
    const [found] = machinesElsewhere(cluster, node, told, heard, live.clock.epochMs());
    if (found === undefined) return null;
    return { why: `its machine is at ${found.address} now`, next: elsewhereHelp(node, found) };
  }
}

/** Live nodes answer within this. */
const ROUND_MS = 250;

/**
 * Asks all agents how they are, in one round at a time: who asks while one is under way gets the answers
 * of the next, with all others who do. A thousand askers cost as much as one.
 */
export function sharedRounds(bus: Bus, live: Live): () => Promise<Map<string, Report>> {
  let running: Promise<unknown> | null = null;
  let next: Promise<Map<string, Report>> | null = null;
  return () => {
    if (next !== null) return next;
    const started = (running ?? Promise.resolve()).then(() => {
      next = null;
      const asked = round();
      running = asked.catch(() => undefined);
      return asked;
    });
    next = started;
    return started;
  };

  async function round(): Promise<Map<string, Report>> {
    const { cluster } = documentOf(live);
    const ids = Object.keys(cluster.nodes).filter((id) => !isGone(live.verdicts, id));
    const subjects = ids.map((id) => nodeAsk(id, 'status'));
    const answers = await bus.gather(subjects, null, { waitMs: ROUND_MS });
    const reports = new Map<string, Report>();
    for (const [i, answer] of answers.entries()) {
      const report = 'ok' in answer ? reportOf(answer.ok) : null;
      if (report === null) continue;
      live.signs.set(ids[i]!, live.clock.nowMs());
      reports.set(ids[i]!, report);
    }
    return reports;
  }
}
