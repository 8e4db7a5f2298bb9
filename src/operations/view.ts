import * as v from 'valibot';
import { hashOf } from '../domain/base/hash.ts';
import { list, text, word } from '../domain/base/shapes.ts';
import type { AnnouncedRoute } from '../domain/traffic/pools.ts';
import { viewFor } from '../domain/views/view-for.ts';
import { type Knowledge, read } from './operation.ts';
import { secretsFor } from './secrets.ts';

/** More than all announcers together may hold, by any setting. */
const ANNOUNCED_MAX = 10_000;

const ANNOUNCED = v.object({
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
    announced: v.optional(list(ANNOUNCED, ANNOUNCED_MAX)),
    /** As it came with them. */
    announcedProof: v.optional(word),
  }),
  async (knowledge, { known, announced, announcedProof }, by) => {
    const { announcements } = knowledge;
    let unproven: readonly AnnouncedRoute[] = [];
    if ('router' in by.roles && announcements.needsFrom(by.id)) {
      if (announced === undefined) return { needs: 'announced' };
      if (!announcements.adopt(by.id, announced, announcedProof)) unproven = announced;
    }
    const delivery = await deliveryFor(knowledge, by.id, unproven);
    const hash = hashOf(delivery);
    return hash === known ? { same: true } : { same: false, hash, ...delivery };
  },
);

/**
 * What a router hands in without a proof counts for nobody else. It goes on serving that itself for as
 * long as this controller may not have heard everything: an agent of 0.1.0 has no proof.
 */
async function deliveryFor(
  knowledge: Knowledge,
  nodeId: string,
  unproven: readonly AnnouncedRoute[],
) {
  const { cluster, catalogue, controllerKeys, verdicts, version, announcements } = knowledge;
  const { announced, proof } = announcements.shown(unproven);
  const at = knowledge.now().toISOString();
  const made = viewFor(
    { cluster, version, controllerKeys, catalogue, verdicts, announced, at },
    nodeId,
  );
  if (proof !== null && 'router' in made.node.roles) made.announcedProof = proof;
  return { view: made, secrets: await secretsFor(knowledge, made) };
}
