import type { Cluster } from '../document/cluster.ts';
import type { Made, ProvenVersion } from './view.ts';
import type { Views } from './view-for.ts';

/** What all nodes should have now. */
export interface Contents extends Pick<Views, 'contentOf' | 'viewOf'> {
  version: ProvenVersion;
  made: Made;
  /** Ids of the nodes that a change of the document is about. */
  affectedBy(after: Cluster): string[];
}
