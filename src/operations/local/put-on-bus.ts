import { connectBus } from '../../bus/connection.ts';
import { openStore, type Store } from '../../bus/store/store.ts';
import { CONTROLLER } from '../../bus/subjects.ts';
import { KatoError } from '../../domain/base/error.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import { hasAllNeeded } from '../../domain/roles/needed.ts';
import type { HistoryEntry } from '../../domain/telling/history.ts';
import { applyStep } from '../../machine/apply/apply.ts';
import { AGENT } from '../../machine/disk/places.ts';
import { takeLedger, writeLedger } from '../../machine/node/ledger.ts';
import { within } from '../../machine/s6/wait.ts';
import { refuseUnloadedState } from './bus-data.ts';
import { type Host, startAgent } from './host.ts';
import { type Draft, firstDelivery } from './new-cluster.ts';
import { outranking } from './recover.ts';

const BUS_START_MS = 30_000;
const CONNECT_MS = 2000;
const TRIES_MAX = 5;
const AGENT_STOP_SECONDS = 15;

/**
 * Puts the state that a cluster begins with, or goes on with, on the bus, as soon as that is up.
 * Returns it: a recovery may be in a later epoch than its draft.
 */
export async function putOnBus(host: Host, draft: Draft): Promise<Cluster> {
  for (let tries = 1; ; tries++) {
    try {
      return await put(host, draft);
    } catch (error) {
      // The agent has just started, and may give the bus another config meanwhile.
      const isAway = error instanceof KatoError && error.code === 'BUS_AWAY';
      if (!isAway || tries === TRIES_MAX) throw error;
    }
  }
}

/**
 * An agent hears of the recovered state from a controller alone. Where its ledger says that the one
 * here is stopped, it is told by that: after the bus has the state, so that the two agree.
 */
export async function serveAgain(host: Host, draft: Draft): Promise<void> {
  const { paths } = host;
  const { delivery } = await takeLedger(paths);
  if (delivery !== null && hasAllNeeded(delivery.view.node, host.catalogue)) return;
  await applyStep(
    { kind: 'stop', process: AGENT, seconds: AGENT_STOP_SECONDS },
    { paths, self: null },
  );
  await writeLedger(paths, firstDelivery(draft, host.catalogue));
  await startAgent(host);
}

/** Once more does no harm: an interrupted command that is run again does it, too. */
async function put(host: Host, draft: Draft): Promise<Cluster> {
  const bus = await connectWhenUp(draft);
  try {
    const store = await openStore(bus, draft.controller.seed);
    await refuseUnloadedState(host, store);
    // The draft knows it, also where an interrupted recovery is run again without its file.
    if (draft.cluster.epoch === 1) {
      await createOnce(store, draft);
      return draft.cluster;
    }
    const cluster = await outranking(bus, draft);
    await store.replaceState(cluster, draft.secrets);
    const entry = recoveryEntry(cluster, draft.identity.name);
    await store.appendHistory(entry, null).catch(() => undefined);
    return cluster;
  } finally {
    await bus.close();
  }
}

/** That the cluster goes on from another state is there to be seen, whatever the history was before. */
function recoveryEntry({ revision }: Cluster, by: string): HistoryEntry {
  const params = { from: revision - 1 };
  const at = new Date().toISOString();
  return { at, by, operation: 'state.recover', params, outcome: 'done', revision };
}

/** CONFLICT means that a run before this one came as far as here. */
async function createOnce(store: Store, { cluster, secrets }: Draft): Promise<void> {
  await store.createState(cluster, secrets).catch((error: unknown) => {
    if (!(error instanceof KatoError && error.code === 'CONFLICT')) throw error;
  });
}

async function connectWhenUp({ identity, controller }: Draft) {
  let last: unknown;
  const options = {
    ...identity.core,
    ca: identity.ca,
    clusterId: identity.clusterId,
    identity: { who: CONTROLLER, ...controller },
    name: 'setup',
    timeoutMs: CONNECT_MS,
  };
  const bus = await within(BUS_START_MS, () =>
    connectBus(options).catch((error: unknown) => {
      last = error;
      return null;
    }),
  );
  if (bus) return bus;
  throw new KatoError(
    {
      code: 'ROLE_FAILED',
      message: `the bus did not come up within ${BUS_START_MS / 1000} s`,
      ...(last instanceof KatoError ? { why: `${last.message}: ${last.why ?? ''}` } : {}),
      next: 'kato status shows what fails',
    },
    { cause: last },
  );
}
