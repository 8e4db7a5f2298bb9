import { refuse } from '../base/error.ts';
import { hashOf } from '../base/hash.ts';
import type { Cluster, Node } from '../document/cluster.ts';
import { type Parts, startParts } from './parts.ts';
import { partsOf, type Values, type ViewInput } from './seen-parts.ts';
import type { Version, View } from './view.ts';

/** The views of one state of the cluster, each made when it is asked for. */
export interface Views {
  /** Hash over all that is in a node's view but its version, and which secrets go with it. */
  contentOf(nodeId: string): string;
  viewOf(nodeId: string): View;
  /** For the views of the next state. */
  readonly parts: Parts;
  readonly contents: ReadonlyMap<string, Content>;
}

/** What a hash was made of: a node whose record and parts are the same has the same. */
interface Content {
  node: Node;
  key: string;
  hash: string;
}

/** The part of the cluster that one node needs. */
export function viewFor(input: ViewInput, nodeId: string): View {
  return viewsOf(input).viewOf(nodeId);
}

/** The views of a state, made of those of the one `before` as far as nothing changed. */
export function viewsOf(input: ViewInput, before?: Pick<Views, 'parts' | 'contents'>): Views {
  const parts = startParts(before?.parts);
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
    contentOf: (id) => {
      const made = contents.get(id);
      if (made !== undefined) return made.hash;
      const node = nodeCalled(id);
      const own = Object.entries(partsOf(input, parts, node));
      const secrets = input.secretsOf?.(node) ?? '';
      const key = [...own.map(([name, { hash }]) => `${name} ${hash}`), secrets].join(' ');
      const was = known?.get(id);
      const isSame = was?.node === node && was.key === key;
      const content = isSame ? was : { node, key, hash: hashOf([node, key]) };
      contents.set(id, content);
      return content.hash;
    },
    viewOf: (id) => {
      const node = nodeCalled(id);
      const own = Object.entries(partsOf(input, parts, node));
      const values = Object.fromEntries(own.map(([name, { value }]) => [name, value]));
      const { settings, ...rest } = values as unknown as Values;
      return { format: 1, version: input.version, node, settings, ...EMPTY, ...rest };
    },
  };
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
