import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { importState, type SavedState } from '../domain/change/restore.ts';
import type { Cluster } from '../domain/cluster.ts';
import { preparedChange, read } from './operation.ts';

/** All state and all secrets: sealed by the asker before it touches a disk. */
export const stateExport = read(
  'state.export',
  'admin',
  v.strictObject({}),
  async (known): Promise<SavedState> => ({
    cluster: known.cluster,
    secrets: await known.secretsBelow(''),
  }),
);

export const stateImport = preparedChange(
  'state.import',
  'admin',
  v.strictObject({
    cluster: v.looseObject({ format: v.number(), id: v.string(), revision: v.number() }),
    secrets: v.record(v.string(), v.string()),
    force: v.boolean(),
  }),
  async (_known, { cluster, secrets, force }) => {
    const lineage = newLineage();
    const saved = cluster as unknown as Cluster;
    return {
      decide: (before, asked) => importState(before, { saved, lineage, force }, asked),
      secrets: () => secrets,
    };
  },
  ({ cluster }) => ({ revision: cluster.revision }),
);

export function newLineage(): string {
  return randomBytes(16).toString('hex');
}
