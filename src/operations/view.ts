import * as v from 'valibot';
import { hashOf } from '../domain/base/hash.ts';
import { list, text, word } from '../domain/base/shapes.ts';
import type { Node } from '../domain/document/cluster.ts';
import { seenBy } from '../domain/roles/roles.ts';
import type { AnnouncedRoute } from '../domain/traffic/pools.ts';
import { knowsContent } from '../domain/views/made.ts';
import type { View } from '../domain/views/view.ts';
import { viewFor } from '../domain/views/view-for.ts';
import { type Knowledge, read } from './operation.ts';
import { PROVEN_VERSION } from './report.ts';
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
    /**
     * The newest version that the asker has heard of: a controller that is behind looks at the bus
     * before it answers.
     */
    seen: v.optional(PROVEN_VERSION),
    /** What the asker, a router, has of announced routes; sent when it was asked for. */
    announced: v.optional(list(ANNOUNCED, ANNOUNCED_MAX)),
    /** As it came with them. */
    announcedProof: v.optional(word),
  }),
  async (given, { known, seen, announced, announcedProof }, by) => {
    const knowledge = seen === undefined ? given : await given.caughtUp(seen);
    const { announcements } = knowledge;
    let unproven: readonly AnnouncedRoute[] = [];
    if (seesRoutes(given, by) && announcements.needsFrom(by.id)) {
      if (announced === undefined) return { needs: 'announced' };
      const isKnown = await announcements.adopt(by.id, announced, announcedProof);
      if (!isKnown) unproven = announced;
    }
    return unproven.length === 0 && knowsContent(by.version)
      ? answer(knowledge, by, known)
      : answerAlone(knowledge, by, known, unproven);
  },
);

function seesRoutes({ catalogue }: Knowledge, node: Node): boolean {
  return seenBy(catalogue, node).has('routes');
}

/** Depends only on the content, and always says from what it is known. */
async function answer(knowledge: Knowledge, by: Node, known: string | null) {
  const { contentOf, viewOf, made, version } = knowledge.contents;
  const hash = contentOf(by.id);
  const { proof } = knowledge.announcements.shown([]);
  const proven = proof === null || !seesRoutes(knowledge, by) ? {} : { announcedProof: proof };
  if (hash === known) return { same: true, version, made, ...proven };
  const fresh: View = { ...viewOf(by.id), ...proven };
  return { same: false, hash, made, view: fresh, secrets: await secretsFor(knowledge, fresh) };
}

/**
 * To an agent of 0.1.0, whose ledger goes with each version, and to a router whose announced routes lack a
 * proof: they count for nobody else. It goes on serving them itself for as long as this controller may not
 * have heard everything.
 */
async function answerAlone(
  knowledge: Knowledge,
  by: Node,
  known: string | null,
  unproven: readonly AnnouncedRoute[],
) {
  const { cluster, catalogue, controllerKeys, verdicts, version, announcements } = knowledge;
  const { announced, proof } = announcements.shown(unproven);
  const at = knowledge.now().toISOString();
  const input = { cluster, version, controllerKeys, catalogue, verdicts, announced, at };
  const made = viewFor(input, by.id);
  if (proof !== null && seesRoutes(knowledge, made.node)) made.announcedProof = proof;
  const delivery = { view: made, secrets: await secretsFor(knowledge, made) };
  const hash = hashOf(delivery);
  return hash === known ? { same: true } : { same: false, hash, ...delivery };
}
