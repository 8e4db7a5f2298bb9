import type { Reason } from '../base/error-codes.ts';
import type { SettingValue } from '../roles/role.ts';

/** The form of the document. A reader refuses a newer one. */
export const CLUSTER_FORMAT = 1;
/** How many operations are remembered so that a retry returns the first result. */
export const OPERATIONS_KEPT = 256;
/** ... as long as all of them together weigh no more: a result may be long. */
export const OPERATIONS_BYTES_MAX = 256_000;

/** The desired state: one document with one revision, changed only by compare-and-set. */
export interface Cluster {
  format: typeof CLUSTER_FORMAT;
  id: string;
  endpoint: string;
  /** Random, new at setup and at recovery. Revisions of two lineages do not compare. */
  lineage: string;
  /** Grows with every recovery of this cluster. */
  epoch: number;
  revision: number;
  /** Hash of the document before this one; empty in the first. */
  previousHash: string;
  /** By component (`cluster` or a role), then key path. Only what differs from the defaults. */
  settings: Record<string, Record<string, SettingValue>>;
  /** Settings of roles that have not come to all of their nodes yet, by role; absent before the first. */
  rolls?: Record<string, Roll>;
  nodes: Record<string, Node>;
  routes: Record<string, Route>;
  tokens: Record<string, Token>;
  /** Certificates for names that routers and load balancers serve, by domain. */
  certificates: Record<string, Certificate>;
  /** Components that may announce routes, by name. */
  announcers: Record<string, Announcer>;
  /** Names the secret that seals the export which a node keeps; absent while nobody said a passphrase. */
  exportKey?: string;
  /** Removed nodes, whose keys may still ask whether they were removed. */
  former: Record<string, FormerNode>;
  operations: OperationRecord[];
}

export interface Node {
  id: string;
  /** Unique in the cluster; what people call it. */
  name: string;
  hostname: string;
  address: string;
  zone: string;
  /** May do everything, on every node. */
  admin: boolean;
  /** NKey public key: who this node is on the bus. */
  key: string;
  machineId: string;
  version: string;
  /** Names of the roles that the node's own catalogue has. */
  catalogue: string[];
  /** The token allowed only these; null allows all. */
  allowedRoles: string[] | null;
  /** Not yet seen with its own key; taken away when the time is over (ISO time), else null. */
  pendingUntil: string | null;
  /** The dead node whose place it takes as soon as it is seen with its own key. */
  replaces?: string;
  joinedAt: string;
  roles: Record<string, NodeRole>;
  /** Processes kept down until the node's next boot: process to the boot id it holds for. */
  held: Record<string, string>;
  /** Grows with each asked-for restart of a process. */
  restarts: Record<string, number>;
  /** Processes without a role whose data is to be deleted, which a node does once: see `Observed`. */
  purged: string[];
  /** Explicit routers of a load balancer; null follows the cluster's routers. */
  pinnedRouters: string[] | null;
  /** A load balancer leaves its own address out of the pool. */
  excludeSelf: boolean;
}

export interface NodeRole {
  /** Set while a person has stopped it: kept over reboots. */
  stopped: { by: string; at: string } | null;
  /**
   * The revision since which it is to serve its pool. Absent of a role that serves none, and of what an
   * earlier history has, or kato 0.1.0.
   */
  since?: number;
}

/** A setting of a role on its way from node to node: what it is to be stands in the settings. */
export interface Roll {
  key: string;
  /** Revisions of the changes that asked for it: the one that began it, and those for the same once more. */
  asked: number[];
  /** What nodes have until it is their turn. */
  from: SettingValue;
  /** The same of nodes to which changes before had come, by their ids; absent without any. */
  earlier?: Record<string, SettingValue>;
  /** Of each node that has had its turn the revision at which it began: the last of them is under way. */
  turns: Record<string, number>;
  /** Set where the turn under way did not end well: nobody has another one before a person says so. */
  stopped?: RollStop;
}

export interface RollStop extends Reason {
  /** ISO time. */
  at: string;
}

export interface Route {
  host: string;
  /** `/` or a prefix that starts with it. */
  path: string;
  /** `address:port`. */
  backends: string[];
  sticky: boolean;
  /** Path at which each backend says whether it can serve; absent where it is enough that it takes connections. */
  probe?: string;
  /** Those of them that would be refused, and that an admin insisted on; absent without any. */
  anyBackends?: string[];
}

export interface Token {
  id: string;
  /** Hash of the secret, never the secret. */
  secretHash: string;
  /** NKey public key of the join user that belongs to this token. */
  key: string;
  roles: string[] | null;
  admin: boolean;
  usesLeft: number;
  createdBy: string;
  createdAt: string;
  expiresAt: string;
  revokedAt: string | null;
}

export interface Certificate {
  domain: string;
  /** The chain in PEM, leaf first. Its key is a secret: `keyNameOf`. */
  chain: string;
  notAfter: string;
  /** Absent where it was good when it was installed. */
  notBefore?: string;
  /** ISO time; absent as long as its key is the first that was stored with this chain. */
  keyReplacedAt?: string;
}

export interface Announcer {
  name: string;
  key: string;
  /** Host names it may announce; `*.` in front stands for any labels. */
  hosts: string[];
}

export interface FormerNode {
  id: string;
  name: string;
  key: string;
  removedAt: string;
  /** It ran when it was removed, and has not said yet that its roles are stopped. */
  awaited: boolean;
  /** Another machine took its place while it was dead; the data is on it still. */
  replacedBy?: string;
}

export interface OperationRecord {
  id: string;
  revision: number;
  result: Json;
  touched: string[];
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
