import type { Store } from '../../bus/store/store.ts';
import type { Cluster, Node } from '../../domain/document/cluster.ts';
import { prove } from '../../domain/document/proof.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import { affectedBy } from '../../domain/views/affected.ts';
import type { Contents } from '../../domain/views/contents.ts';
import { endsAround } from '../../domain/views/ends.ts';
import { type Parts, startParts } from '../../domain/views/parts.ts';
import type { ViewInput } from '../../domain/views/seen-parts.ts';
import type { ControllerKeys, Made } from '../../domain/views/view.ts';
import { type Views, viewsOf } from '../../domain/views/view-for.ts';
import { SECRETS, sharedPrefixesOf } from '../../operations/secrets.ts';
import { documentOf, type Live, takeSecret, verdictsNumber } from './live.ts';

/** More than a node can be behind while somebody waits for it. */
const CONTENTS_MAX = 1000;

/** Of the state at hand. */
export interface ContentsNow extends Contents {
  /** ISO time at which it becomes another one by itself; null for never. */
  until: string | null;
}

/**
 * Gives the contents of the state at hand. What did not change since the last time is not made again.
 * BUS_AWAY where there is no document.
 */
export function contentsKeeper(options: {
  live: Live;
  catalogue: Catalogue;
  controllerKeys: ControllerKeys;
  seed: string;
  kato: string;
}): () => ContentsNow {
  const { live, catalogue, controllerKeys, seed, kato } = options;
  let last: { from: unknown[]; views: Views; contents: ContentsNow } | undefined;
  /** Of a document that may be the next one: what a change is about is found before it is written. */
  let ahead: Parts | undefined;
  const secretsNow = secretsIndex(live);
  /** Of contents that there were: what is acted on of them, where that is not all. */
  const actedOnOf = new Map<string, string>();
  return () => {
    const { cluster, version: plain } = documentOf(live);
    const { verdicts, announced } = live;
    const at = live.clock.at();
    const isOver = last?.contents.until != null && last.contents.until <= at;
    const secrets = secretsNow();
    const from = [cluster, verdicts, announced, secrets];
    if (last !== undefined && !isOver && from.every((one, i) => one === last!.from[i])) {
      return last.contents;
    }
    const ends = endsAround(cluster, at);
    const version = prove(plain, seed);
    const input: ViewInput = {
      ...{ cluster, version, controllerKeys, catalogue, verdicts, announced },
      at: ends.last,
      secretsOf: (node) => secretsOf(secrets, node, catalogue),
    };
    const views = viewsOf(input, last?.views, ahead);
    ahead = undefined;
    const { lineage, epoch, revision } = version;
    const made: Made = {
      ...{ lineage, epoch, revision, kato },
      verdicts: verdictsNumber(live),
      announced: live.announcedNumber,
      secrets: live.secretsNumber,
      time: ends.last,
    };
    const { actedOn, viewOf } = views;
    const contentOf = (id: string): string => {
      const content = views.contentOf(id);
      const acted = actedOn(id);
      if (acted !== content) remember(actedOnOf, content, acted);
      return content;
    };
    const isDone = (id: string, content: string | undefined): boolean =>
      content !== undefined &&
      (content === contentOf(id) || actedOnOf.get(content) === actedOn(id));
    const affected = (after: Cluster): string[] => {
      ahead = startParts(views.parts);
      return affectedBy(input, after, views.parts, ahead);
    };
    const shown = { contentOf, actedOn, isDone, viewOf, affectedBy: affected };
    last = { from, views, contents: { ...shown, version, made, until: ends.coming } };
    return last.contents;
  };
}

function remember(map: Map<string, string>, content: string, actedOn: string): void {
  map.set(content, actedOn);
  if (map.size > CONTENTS_MAX) map.delete(map.keys().next().value!);
}

/** Keeps the numbers of all secrets, whose values a controller asks for when it hands them out. */
export function followSecrets(store: Store, live: Live): Promise<void> {
  return store.watchSecrets((name, number, isGone) => takeSecret(live, name, number, isGone));
}

/** Names and numbers of secrets: of each node by its prefix, and of all. */
interface SecretsIndex {
  ofNodes: ReadonlyMap<string, readonly string[]>;
  others: readonly string[];
  all: string;
  /** What nodes are given of them, once that was asked for. */
  given: WeakMap<Node, string>;
}

/** Made again when a secret changed. */
function secretsIndex(live: Live): () => SecretsIndex {
  let index: SecretsIndex | null = null;
  live.on('secrets', () => {
    index = null;
  });
  return () => {
    index ??= indexOf(live.secrets);
    return index;
  };
}

function indexOf(secrets: Live['secrets']): SecretsIndex {
  const lines = [...secrets].map(([name, number]) => `${name}=${number}`).sort();
  const ofNodes = Map.groupBy(lines, (line) => /^node\/[^/]+\//.exec(line)?.[0] ?? '');
  return { ofNodes, others: ofNodes.get('') ?? [], all: lines.join(' '), given: new WeakMap() };
}

/** Which secrets a node is given. */
function secretsOf(index: SecretsIndex, node: Node, catalogue: Catalogue): string {
  const given = index.given.get(node) ?? secretsGiven(index, node, catalogue);
  index.given.set(node, given);
  return given;
}

function secretsGiven(
  { ofNodes, others, all }: SecretsIndex,
  node: Node,
  catalogue: Catalogue,
): string {
  const prefixes = sharedPrefixesOf(node, catalogue);
  if (prefixes.includes('')) return all;
  const own = ofNodes.get(SECRETS.ofNode(node.id)) ?? [];
  const shared = others.filter((line) => prefixes.some((prefix) => line.startsWith(prefix)));
  return [...own, ...shared].join(' ');
}
