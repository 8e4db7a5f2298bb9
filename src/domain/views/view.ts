import type { Certificate, Cluster, Node, Route } from '../document/cluster.ts';
import type { SettingValue } from '../roles/role.ts';
import type { AnnouncedRoute, Pool } from '../traffic/pools.ts';

/** Which state of the cluster something was made from. */
export interface Version {
  lineage: string;
  epoch: number;
  revision: number;
  /** Hash of the cluster document at that revision. */
  hash: string;
}

/** As nodes are given it, and say it again: `proof.ts` tells what it proves. */
export interface ProvenVersion extends Version {
  proof: string;
}

/**
 * How far all that views are made of was: each grows, and two controllers of one kato make the same view
 * of the same. That is why a node is woken for what is older here, and for nothing else.
 */
export interface Made {
  lineage: string;
  epoch: number;
  revision: number;
  /** Number of the verdicts in the store. */
  verdicts: number;
  /** Grows with each other list of announced routes. */
  announced: number;
  /** The highest number of a secret in the store, also of one that is gone. */
  secrets: number;
  /** ISO time of the last end of a token or of a removed node's time that views know of. */
  time: string;
  /** Version of the controller's kato. */
  kato: string;
}

/** What a node has, as its heartbeat tells it: the hash of the content, and from what it is known to be. */
export interface Have {
  content: string;
  made: Made;
}

/** The part of the cluster that one node needs, made for it by a controller. */
export interface View {
  format: 1;
  cluster: { id: string; endpoint: string; core: string; busPort: number };
  version: ProvenVersion;
  node: Node;
  /** All set and default settings of this node's roles, and those of `cluster` that agents go by. */
  settings: Record<string, Record<string, SettingValue>>;
  pools: Pool[];
  /** What routers send where; empty for others. */
  routes: (Route & { pool: string })[];
  /** What components announce, for routers: they remember it for a controller that starts anew. */
  announced: AnnouncedRoute[];
  /** That controllers made that list (`proof.ts`); only for routers, and not of controllers of 0.1.0. */
  announcedProof?: string;
  certificates: Certificate[];
  /** Who may use the bus; empty for a node without it. */
  busUsers: BusUser[];
  /** Public key of the one who watches its connections; only for the core, and not of controllers of 0.1.0. */
  warden?: string;
  /** The whole document, for the core: what a lost or older bus can be recovered from. */
  document: Cluster | null;
  /** Addresses of load balancers: routers believe their X-Forwarded headers. */
  trustedProxies: string[];
  /** The other nodes with each role that sees its peers, by role; absent where there is none. */
  peers?: Record<string, Peer[]>;
  /** Only for the node that keeps an export of the cluster. */
  keptExport: KeptExport | null;
  /** Heartbeat interval in ms, stretched when the cluster is large. */
  heartbeatMs: number;
}

/** A node that others know of, also while it is away. */
export interface Peer {
  id: string;
  name: string;
  address: string;
}

export interface KeptExport {
  intervalMs: number;
  /** Which key seals it: after a new passphrase it is another one. */
  key: string;
}

/** NKey public keys of the controllers: as who they are, and as who they watch the bus's connections. */
export interface ControllerKeys {
  controller: string;
  warden: string;
}

/** An identity of the bus; `permissionsOf` gives each kind its subjects. */
export type BusUser =
  | { kind: 'node' | 'former'; id: string; key: string }
  | { kind: 'controller' | 'warden'; key: string }
  | { kind: 'join'; id: string; key: string }
  | { kind: 'announcer'; id: string; key: string };
