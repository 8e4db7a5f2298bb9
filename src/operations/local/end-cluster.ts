import { asideUnderWay, setAside } from '../../machine/disk/aside.ts';
import { removeBootUnit } from '../../machine/node/boot-unit.ts';
import { readIdentity } from '../../machine/node/ledger.ts';
import { shutdownSupervision } from '../../machine/s6/shutdown.ts';
import { checkRoot, type Host } from './host.ts';

/**
 * State and secrets of the cluster, and where the bus keeps them: a new cluster must not find those
 * of this one. Data of the other roles stays.
 */
const OF_THE_CLUSTER = ['service', 'config', 'data/nats-server', 'made/nats-server.json', 'state'];

/** The core is the last node and goes: its cluster ends. Returns where its state lies from then on. */
export async function endCluster({ paths }: Host): Promise<string[]> {
  checkRoot('kato node detach');
  const identity = await readIdentity(paths);
  await removeBootUnit(paths);
  await shutdownSupervision(paths);
  return setAside(paths, { node: identity?.name ?? 'core', only: OF_THE_CLUSTER });
}

/** An end that broke off in the middle: no agent can be asked any more. NOT_ROOT. */
export async function isEnding({ paths }: Host): Promise<boolean> {
  checkRoot('kato node detach');
  const begun = await asideUnderWay(paths);
  return begun?.only?.join() === OF_THE_CLUSTER.join();
}
