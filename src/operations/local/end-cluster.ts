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
export async function endCluster(host: Host): Promise<string[]> {
  checkRoot('kato node detach');
  const { paths } = host;
  const which = (await endBegun(host)) ?? (await readIdentity(paths));
  await removeBootUnit(paths);
  await shutdownSupervision(paths);
  const { nodeId, name, core } = which ?? { nodeId: '', name: 'core', core: { address: '' } };
  return setAside(paths, { node: name, only: OF_THE_CLUSTER, whose: { nodeId, name, core } });
}

/**
 * The core of an end that broke off in the middle: no agent can be asked any more. Null where none did,
 * and where the machine has become another node since: nobody has said that this one may go. NOT_ROOT.
 */
export async function endBegun({ paths }: Host) {
  checkRoot('kato node detach');
  const begun = await asideUnderWay(paths);
  if (begun?.only?.join() !== OF_THE_CLUSTER.join()) return null;
  const identity = await readIdentity(paths);
  // A mark of kato 0.1.0 does not say whose it is.
  if (identity === null) return begun.whose ?? null;
  return (begun.whose ?? identity).nodeId === identity.nodeId ? identity : null;
}
