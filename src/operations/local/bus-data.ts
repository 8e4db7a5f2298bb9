import { readdir } from 'node:fs/promises';
import type { Store } from '../../bus/store/store.ts';
import { refuse } from '../../domain/base/error.ts';
import { coreRole } from '../../domain/nodes/core.ts';
import { goOnWithout } from '../../machine/apply/data.ts';
import { setAside } from '../../machine/disk/aside.ts';
import { streamsOnDisk } from '../../machine/node/bus-streams.ts';
import { hostFacts } from '../../machine/node/host.ts';
import type { Host } from './host.ts';

/**
 * What a core of before left on a machine that is none now: the bus of the new one must neither find
 * it nor write over it. Returns where it is now; nothing where there was none.
 */
export async function putBusDataAside({ catalogue, paths }: Host): Promise<string[]> {
  const names = coreRole(catalogue).processes.filter(({ data }) => data);
  const only = names.flatMap(({ name }) => [`data/${name}`, `made/${name}.json`]);
  const folders = names.map(({ name }) => `${paths.data}/${name}`);
  const filled = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  if (filled.flat().length === 0) return [];
  return setAside(paths, { node: 'core-of-before', only });
}

/**
 * A recovery brings the state that the bus is to have: where its data is missing, the bus begins
 * with an empty folder. Data that is there stays, and DATA_MISSING tells of what is in its place.
 */
export async function renewBusData({ catalogue, paths }: Host): Promise<void> {
  const { hostname } = await hostFacts();
  for (const { name, user, data, initialize } of coreRole(catalogue).processes) {
    if (!data) continue;
    const marker = initialize?.marker ?? null;
    const folder = `${paths.data}/${name}`;
    const step = { process: name, role: null, node: hostname, folder, user, marker };
    await goOnWithout(step, paths);
  }
}

/**
 * A bus that came up without what is on its disk, because that was full or is damaged, must not be
 * given another state: CONFLICT, before anything is written.
 */
export async function refuseUnloadedState({ paths }: Host, store: Store): Promise<void> {
  const loaded = await store.loadedStreams();
  const left = (await streamsOnDisk(paths)).filter((name) => !loaded.includes(name));
  if (left.length === 0) return;
  const folder = `${paths.data}/nats-server`;
  throw refuse(
    'CONFLICT',
    `the bus has state on its disk that it has not loaded: ${left.join(', ')}`,
    `the disk was full, or a file is damaged: ${paths.log}/nats-server/current says which`,
    `df -h ${folder}; once there is room, kato node halt and kato node boot load it again. If it is beyond repair: kato node halt; mv ${folder} ${folder}.damaged; then this command again`,
  );
}
