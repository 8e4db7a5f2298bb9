import { connectBus } from '../../bus/connection.ts';
import { openStore, type Store } from '../../bus/store/store.ts';
import { CONTROLLER } from '../../bus/subjects.ts';
import { KatoError } from '../../domain/base/error.ts';
import type { Cluster } from '../../domain/document/cluster.ts';
import type { HistoryEntry } from '../../domain/telling/history.ts';
import { within } from '../../machine/s6/wait.ts';
import { refuseUnloadedState } from './bus-data.ts';
import type { Host } from './host.ts';
import type { Draft } from './new-cluster.ts';
import { outranking } from './recover.ts';

const BUS_START_MS = 30_000;
const CONNECT_MS = 2000;
const TRIES_MAX = 5;

/** Puts the state that a cluster begins with, or goes on with, on the bus, as soon as that is up. */
export async function putOnBus(host: Host, draft: Draft): Promise<void> {
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

/** Once more does no harm: an interrupted command that is run again does it, too. */
async function put(host: Host, draft: Draft): Promise<void> {
  const bus = await connectWhenUp(draft);
  try {
    const store = await openStore(bus, draft.controller.seed);
    await refuseUnloadedState(host, store);
    // The draft knows it, also where an interrupted recovery is run again without its file.
    if (draft.cluster.epoch > 1) {
      const cluster = await outranking(bus, draft);
      await store.replaceState(cluster, draft.secrets);
      const entry = recoveryEntry(cluster, draft.identity.name);
      await store.appendHistory(entry, null).catch(() => undefined);
    } else await createOnce(store, draft);
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
