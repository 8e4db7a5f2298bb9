import * as v from 'valibot';
import { hashOf } from '../domain/hash.ts';
import { viewFor } from '../domain/view-for.ts';
import { type Knowledge, read } from './operation.ts';
import { secretsFor } from './secrets.ts';

/** What an agent acts on: fetched by it, kept in its ledger. */
export const view = read(
  'view',
  'anyone',
  v.strictObject({
    /** Hash of what the asker has, so that nothing is sent twice. */
    known: v.nullable(v.string()),
  }),
  async (knowledge, { known }, by) => {
    const delivery = await deliveryFor(knowledge, by.id);
    const hash = hashOf(delivery);
    return hash === known ? { same: true } : { same: false, hash, ...delivery };
  },
);

async function deliveryFor(knowledge: Knowledge, nodeId: string) {
  const { cluster, catalogue, controllerKey, verdicts, announced, version } = knowledge;
  const at = knowledge.now().toISOString();
  const made = viewFor(
    { cluster, hash: version.hash, controllerKey, catalogue, verdicts, announced, at },
    nodeId,
  );
  return { view: made, secrets: await secretsFor(knowledge, made) };
}
