import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { connectBusAtLast } from '../bus/connection.ts';
import { keyOfSeed } from '../bus/identity.ts';
import { openStore, type Store } from '../bus/store.ts';
import { CONTROLLER } from '../bus/subjects.ts';
import type { Node } from '../domain/cluster.ts';
import { KatoError } from '../domain/error.ts';
import type { Catalogue } from '../domain/role.ts';
import type { Report } from '../domain/step.ts';
import { nodeConfirm } from '../operations/nodes.ts';
import type { Knowledge } from '../operations/operation.ts';
import { dropAbandonedJoins } from './abandoned.ts';
import { followAnnouncements } from './announcements.ts';
import { createChanges } from './changes.ts';
import { guardHistory } from './history-guard.ts';
import { serveHttp } from './http.ts';
import { knowledgeOf } from './knowledge.ts';
import { createLive } from './live.ts';
import { type Heartbeat, watchLiveness } from './liveness.ts';
import { followObserved } from './reports.ts';
import { answerRequests } from './requests.ts';
import { wakeNodes } from './wake.ts';

/** What a controller is told by its config file, `templates/controller/controller.json`. */
export interface ControllerConfig {
  clusterId: string;
  bus: { address: string; port: number };
  http: { address: string; port: number };
  /** Certificate of the cluster's authority, PEM. */
  ca: string;
  /** Of the controllers' identity on the bus: a secret. */
  seed: string;
}

/** The cluster's API: checks who asks, decides, writes, records, watches who is alive. Until `signal`. */
export async function runController(
  config: ControllerConfig,
  catalogue: Catalogue,
  kato: string,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { ca, clusterId, seed } = config;
  const controllerKey = keyOfSeed(seed);
  const onUp: (() => void)[] = [];
  const bus = await connectBusAtLast(
    {
      ...config.bus,
      ca,
      clusterId,
      identity: { who: CONTROLLER, key: controllerKey, seed },
      name: 'controller',
      onStatus: (status) => {
        if (status === 'up') for (const act of onUp) act();
      },
    },
    signal,
  );
  if (bus === null) return;
  const store = await openStore(bus, seed);
  await stateIsThere(store, signal);
  const live = createLive();
  const guard = guardHistory(store, live, seed);
  const announcements = followAnnouncements({ bus, live, catalogue, seed, log });
  const knowledge = (): Knowledge =>
    knowledgeOf({ bus, store, live, catalogue, controllerKey, seed, kato, announcements, signal });
  const changes = createChanges({ store, live, guard, catalogue, knowledge });

  const reports = await followObserved({ store, live, onReport });
  await store.watchCluster(guard.tell);
  // Before anybody is woken, who would ask at once.
  answerRequests({ bus, live, changes, reports, knowledge });
  const waker = wakeNodes({ bus, live, catalogue, controllerKey });
  const onHeartbeat = (nodeId: string, beat: Heartbeat): void => {
    if (beat.version !== null) guard.saw(beat.version);
    waker.repair(nodeId, beat);
  };
  const liveness = watchLiveness({ bus, store, live, catalogue, onHeartbeat });
  onUp.push(guard.restart, liveness.restart, announcements.restart);
  const abandoned = dropAbandonedJoins(live, changes);
  const http = await serveHttp(config.http, { live, bus, kato, clusterId });
  await aborted(signal);
  await http.close();
  abandoned.close();
  liveness.close();
  announcements.close();
  waker.close();
  await bus.close();

  function onReport(node: Node, report: Report): void {
    guard.saw(report.version);
    confirm(node, report);
  }

  /** A node that shows its own key is no longer pending; its version and catalogue are noted. */
  function confirm(node: Node, report: Report): void {
    const same =
      node.version === report.kato && String(node.catalogue) === String(report.catalogue);
    if (node.pendingUntil === null && same) return;
    const params = { node: node.id, version: report.kato, catalogue: report.catalogue };
    const request = { operation: nodeConfirm, params, id: randomUUID(), by: node, who: node.name };
    changes.perform(request).catch(() => undefined);
  }
}

const STATE_POLL_MS = 100;

/**
 * A controller never creates the document: it waits for setup, or for a recovery. VERSION for one
 * that a newer kato wrote: waiting would not help.
 */
async function stateIsThere(store: Store, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const state = await store.readCluster().catch((error: unknown) => {
      if (error instanceof KatoError && error.code === 'VERSION') throw error;
      return null;
    });
    if (state !== null) return;
    await pause(STATE_POLL_MS);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
