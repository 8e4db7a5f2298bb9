import { connectBus } from '../../bus/connection.ts';
import { CONTROLLER } from '../../bus/subjects.ts';
import { KatoError } from '../../domain/error.ts';
import { within } from '../../machine/wait.ts';
import type { Draft } from './new-cluster.ts';

const BUS_START_MS = 30_000;
const CONNECT_MS = 2000;

/** Connects as the controllers of a core that is being set up. ROLE_FAILED when its bus does not come up. */
export async function connectWhenUp({ identity, controller }: Draft) {
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
      next: 'kato process list shows what runs; the log is in /var/log/kato/nats-server/current',
    },
    { cause: last },
  );
}
