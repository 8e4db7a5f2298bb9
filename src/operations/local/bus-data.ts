import { definitionOf } from '../../domain/roles.ts';
import { goOnWithout } from '../../machine/apply/data.ts';
import { hostFacts } from '../../machine/host.ts';
import type { Host } from './host.ts';

/**
 * A recovery brings the state that the bus is to have: where its data is missing, the bus begins
 * with an empty folder. Data that is there stays, and DATA_MISSING tells of what is in its place.
 */
export async function renewBusData({ catalogue, paths }: Host): Promise<void> {
  const { hostname } = await hostFacts();
  for (const { name, user, data, initialize } of definitionOf(catalogue, 'primary').processes) {
    if (!data) continue;
    const marker = initialize?.marker ?? null;
    const folder = `${paths.data}/${name}`;
    const step = { process: name, role: 'primary', node: hostname, folder, user, marker };
    await goOnWithout(step, paths);
  }
}
