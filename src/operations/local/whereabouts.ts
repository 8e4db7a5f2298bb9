import type { Whereabouts } from '../../domain/nodes/standing.ts';
import { addresses, primaryAddress } from '../../machine/network/interfaces.ts';
import { machineId } from '../../machine/node/host.ts';

/** Of this machine, as it is now. */
export async function whereabouts(): Promise<Whereabouts> {
  const known = (await addresses()).map(({ address }) => address);
  return { addresses: known, machineId: await machineId() };
}

/** The address that others most likely reach this machine at; null without any. */
export async function likelyAddress({ addresses: known }: Whereabouts): Promise<string | null> {
  const onRoute = await primaryAddress().catch(() => null);
  return onRoute?.address ?? known[0] ?? null;
}
