import { dirname } from 'node:path';
import { applyStep } from '../../machine/apply/apply.ts';
import { removeBootUnit } from '../../machine/boot-unit.ts';
import { removeTree } from '../../machine/files.ts';
import { forgetNode } from '../../machine/ledger.ts';
import { shutdownSupervision } from '../../machine/supervision.ts';
import { checkRoot, type Host } from './host.ts';

/** Where the bus keeps the state of the cluster: a new cluster must not find that of this one. */
const BUS_DATA = 'nats-server';

/** The core is the last node and goes: its cluster ends. Data of its other roles stays. */
export async function endCluster({ paths }: Host): Promise<void> {
  checkRoot('kato node detach');
  await removeBootUnit(paths);
  await shutdownSupervision(paths);
  const folder = `${paths.data}/${BUS_DATA}`;
  await applyStep({ kind: 'purge-data', process: BUS_DATA, folder }, { paths, self: null });
  for (const folder of [paths.service, paths.config]) await removeTree(dirname(folder), folder);
  await forgetNode(paths);
}
