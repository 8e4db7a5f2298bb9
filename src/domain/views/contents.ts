import type { Cluster } from '../document/cluster.ts';
import type { Made, ProvenVersion } from './view.ts';
import type { Views } from './view-for.ts';

/** What all nodes should have now. */
export interface Contents extends Pick<Views, 'contentOf' | 'actedOn' | 'viewOf'> {
  version: ProvenVersion;
  made: Made;
  /** Whether a node that has this content acts on all that it should: it may lack what it only keeps. */
  isDone(nodeId: string, content: string | undefined): boolean;
  /** Ids of the nodes that a change of the document is about. */
  affectedBy(after: Cluster): string[];
}
