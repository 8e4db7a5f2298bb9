import * as v from 'valibot';
import { hashOf } from '../domain/hash.ts';
import { list, text, word } from '../domain/shapes.ts';
import { viewFor } from '../domain/view-for.ts';
import { type Knowledge, read } from './operation.ts';
import { secretsFor } from './secrets.ts';

const ANNOUNCED = v.strictObject({
  announcer: word,
  host: word,
  path: text(2048),
  backend: word,
  sticky: v.boolean(),
});

/** What an agent acts on: fetched by it, kept in its ledger. */
export const view = read(
  'view',
  'anyone',
  v.strictObject({
    /** Hash of what the asker has, so that nothing is sent twice. */
    known: v.nullable(word),
    /** What the asker, a router, has of announced routes; sent when it was asked for. */
    announced: v.optional(list(ANNOUNCED, 100_000)),
  }),
  async (knowledge, { known, announced }, by) => {
    const { announcements } = knowledge;
    const isRouter = 'router' in by.roles;
    if (isRouter && announced !== undefined) announcements.adopt(by.id, announced);
    else if (isRouter && announcements.needsFrom(by.id)) return { needs: 'announced' };
    const delivery = await deliveryFor(knowledge, by.id);
    const hash = hashOf(delivery);
    return hash === known ? { same: true } : { same: false, hash, ...delivery };
  },
);

async function deliveryFor(knowledge: Knowledge, nodeId: string) {
  const { cluster, catalogue, controllerKey, verdicts, version } = knowledge;
  const { announced } = knowledge;
  const at = knowledge.now().toISOString();
  const made = viewFor(
    { cluster, version, controllerKey, catalogue, verdicts, announced, at },
    nodeId,
  );
  return { view: made, secrets: await secretsFor(knowledge, made) };
}
