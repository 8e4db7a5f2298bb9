import { isAt, standingOf } from '../domain/nodes/standing.ts';
import { hasAddress } from '../machine/network/interfaces.ts';
import { type NodeIdentity, readIdentity, writeIdentity } from '../machine/node/ledger.ts';
import { whereabouts } from '../operations/local/whereabouts.ts';
import { runAgent } from './agent.ts';
import { runDisplaced } from './displaced.ts';
import type { PassContext } from './look.ts';

type Log = (line: string) => void;

/**
 * An agent's whole life. Where the machine is what its identity says, it is the node; elsewhere it
 * only tells the cluster where it is, until it is back, or an admin has moved the node there.
 */
export async function liveAgent(
  context: PassContext,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  /** Where the cluster wants the node, as last heard; null where that is what the identity says. */
  let given: string | null = null;
  while (!signal.aborted) {
    const identity = await readIdentity(context.paths);
    if (identity === null) return log('this machine is not a node of a cluster');
    const wanted = given ?? identity.address;
    if (!isAt(identity, wanted, await whereabouts())) {
      given = await runDisplaced(context, identity, given, log, signal);
    } else {
      const own = wanted === identity.address ? identity : await moved(context, identity, wanted);
      if (own !== identity) log(`this node is at ${wanted} from now on`);
      given = await runAtHome(context, own, log, signal);
    }
  }
}

/** The same node, at another address, on this machine. */
async function moved(
  { paths }: PassContext,
  identity: NodeIdentity,
  address: string,
): Promise<NodeIdentity> {
  const { machineId } = await whereabouts();
  const after = { ...identity, address, machineId };
  await writeIdentity(paths, after);
  return after;
}

/** Until the machine is elsewhere. Returns where the cluster wants the node, if it said so. */
async function runAtHome(
  context: PassContext,
  identity: NodeIdentity,
  log: Log,
  signal: AbortSignal,
): Promise<string | null> {
  const away = new AbortController();
  let told: string | null = null;
  using _watch = watchHome(identity, () => away.abort());
  const onMoved = (address: string): void => {
    told = address;
    away.abort();
  };
  await runAgent(context, identity, { log, onMoved }, AbortSignal.any([signal, away.signal]));
  return told;
}

/** How soon an address that goes is noticed; one that is away for a moment is not gone. */
const LOOK_EVERY_MS = 2000;
const LOOKS = 3;

function watchHome(identity: NodeIdentity, onAway: () => void): Disposable {
  let misses = 0;
  const look = async (): Promise<void> => {
    const isHome =
      hasAddress(identity.address) || standingOf(identity, await whereabouts()) === 'home';
    misses = isHome ? 0 : misses + 1;
    if (misses === LOOKS) onAway();
  };
  // What cannot be found out now is found out at the next look.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
