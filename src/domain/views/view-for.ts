import { refuse } from '../base/error.ts';
import { hashOf } from '../base/hash.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { areSame, type Named, type Parts, startParts } from './parts.ts';
import { partsOf, type Values, type ViewInput } from './seen-parts.ts';
import type { Version, View } from './view.ts';

/** The views of one state of the cluster, each made when it is asked for. */
export interface Views {
  /** Hash over all that is in a node's view but its version, and which secrets go with it. */
  contentOf(nodeId: string): string;
  /** The same without the document, which who sees it only keeps. */
  actedOn(nodeId: string): string;
  viewOf(nodeId: string): View;
  /** For the views of the next state. */
  readonly parts: Parts;
  readonly contents: ReadonlyMap<string, Content>;
}

/** What a hash was made of: a node whose record and parts are the same has the same. */
interface Content {
  node: Node;
  own: Named;
  secrets: string;
  hash: string;
  actedOn: string;
}

/** The part of the cluster that one node needs. */
export function viewFor(input: ViewInput, nodeId: string): View {
  return viewsOf(input).viewOf(nodeId);
}

/**
 * The views of a state, made of those of the one `before`, and of what was worked out `ahead`, as far as
 * nothing changed.
 */
export function viewsOf(
  input: ViewInput,
  before?: Pick<Views, 'parts' | 'contents'>,
  ahead?: Parts,
): Views {
  const parts = startParts(ahead, before?.parts);
  const contents = new Map<string, Content>();
  // Not `before` itself, which would keep all those before it.
  const known = before?.contents;
  const nodeCalled = (id: string): Node => {
    const node = input.cluster.nodes[id];
    if (node !== undefined) return node;
    throw refuse('UNKNOWN_NODE', `there is no node '${id}'`);
  };
  return {
    parts,
    contents,
    contentOf: (id) => content(id).hash,
    actedOn: (id) => content(id).actedOn,
    viewOf: (id) => {
      const node = nodeCalled(id);
      const own = Object.entries(partsOf(input, parts, node));
      const values = Object.fromEntries(own.map(([name, { value }]) => [name, value]));
      const { settings, ...rest } = values as unknown as Values;
      return { format: 1, version: input.version, node, settings, ...EMPTY, ...rest };
    },
  };

  function content(id: string): Content {
    const made = contents.get(id);
    if (made !== undefined) return made;
    const node = nodeCalled(id);
    const own = partsOf(input, parts, node);
    const secrets = input.secretsOf?.(node) ?? '';
    const was = known?.get(id);
    const isSame = was?.node === node && was.secrets === secrets && areSame(was.own, own);
    const hashes = isSame ? was : hashesOf(node, own, secrets);
    const now = { node, own, secrets, hash: hashes.hash, actedOn: hashes.actedOn };
    contents.set(id, now);
    return now;
  }
}

function hashesOf(node: Node, own: Named, secrets: string): Pick<Content, 'hash' | 'actedOn'> {
  const hash = contentHash(node, own, secrets);
  const { document, ...others } = own;
  return { hash, actedOn: document === undefined ? hash : contentHash(node, others, secrets) };
}

function contentHash(node: Node, own: Named, secrets: string): string {
  const hashes = Object.entries(own).map(([name, part]) => `${name} ${part?.hash}`);
  return hashOf([node, [...hashes, secrets].join(' ')]);
}

/** What is in the view of a node that does not see it. */
const EMPTY = {
  pools: [],
  routes: [],
  announced: [],
  certificates: [],
  busUsers: [],
  document: null,
  trustedProxies: [],
};

export function versionOf(cluster: Cluster, hash: string): Version {
  const { lineage, epoch, revision } = cluster;
  return { lineage, epoch, revision, hash };
}
