import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { importState, type SavedState } from '../domain/change/restore.ts';
import type { Cluster } from '../domain/cluster.ts';
import { refuse } from '../domain/error.ts';
import { preparedChange, read } from './operation.ts';
import { SECRETS } from './secrets.ts';

/** All state and all secrets: sealed by the asker before it touches a disk. */
export const stateExport = read(
  'state.export',
  'admin',
  v.strictObject({}),
  async (known): Promise<SavedState> => {
    const secrets = await known.secretsBelow('');
    if (secrets[SECRETS.controller] !== undefined) return { cluster: known.cluster, secrets };
    throw refuse(
      'STATE_OLDER',
      'the bus has lost the secrets of the cluster',
      'an export without them would recover nothing',
      'kato node setup core --recover-from /var/lib/kato/state/ledger.json, on the core',
    );
  },
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
      secrets,
    };
  },
  ({ cluster }) => ({ revision: cluster.revision }),
);

export function newLineage(): string {
  return randomBytes(16).toString('hex');
}
