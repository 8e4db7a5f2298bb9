import * as v from 'valibot';
import type { StoredSecrets } from '../bus/store/store.ts';
import { isUserKey } from '../domain/access/nkey.ts';
import { refuse } from '../domain/base/error.ts';
import { list, NAME_MAX, shaped, text } from '../domain/base/shapes.ts';
import type { Asked, Decision } from '../domain/document/change.ts';
import type { Cluster, Json, Node } from '../domain/document/cluster.ts';
import type { SeenBefore } from '../domain/document/older-state.ts';
import type { Report } from '../domain/making/step.ts';
import type { Displaced, DisplacedOf, Voices } from '../domain/nodes/displaced.ts';
import { findNode, nameOfNode, nodesCalled } from '../domain/nodes/find-node.ts';
import type { Verdicts } from '../domain/nodes/verdicts.ts';
import type { Catalogue } from '../domain/roles/role.ts';
import type { HistoryEntry } from '../domain/telling/history.ts';
import type { AnnouncedRoute } from '../domain/traffic/pools.ts';
import type { RefusalReason } from '../domain/traffic/refusals.ts';
import type { Contents } from '../domain/views/contents.ts';
import type { ControllerKeys, ProvenVersion } from '../domain/views/view.ts';

/**
 * Something that can be asked of the cluster. A `read` answers from what the controllers know; a
 * `change` decides on the document, which the controller then writes by compare-and-set.
 */
export type Operation = Read | Change;

interface Described {
  name: string;
  params: v.GenericSchema;
  /**
   * `anyone`: every node. `own`: a node about itself (`params.node`), an admin about all.
   * `admin`: admin nodes. `controller`: controllers, of their own accord; `joiner`: who shows a
   * token. Neither is there for a node.
   */
  may: 'anyone' | 'own' | 'admin' | 'controller' | 'joiner';
}

export interface Read extends Described {
  kind: 'read';
  run(knowledge: Knowledge, params: unknown, by: Node): Promise<Json>;
}

export interface Change extends Described {
  kind: 'change';
  /** What the person sees in the history; secrets are left out. */
  record(params: unknown): Json;
  /** Effects a decision needs first: random values, live facts. Done once, not again on a conflict. */
  prepare(knowledge: Knowledge, params: unknown, by: Node): Promise<Prepared>;
}

/** A decision ready to be tried on any document, and what to keep or answer with it. */
export interface Prepared {
  decide(cluster: Cluster, asked: Asked): Decision<unknown>;
  /** Secrets to be stored before the document that relies on them is written. */
  secrets?: Record<string, string>;
  /** The same, for secrets that are made once: one that is there stays. */
  newSecrets?(cluster: Cluster): Record<string, string>;
  /** Names of secrets that `before` needs, and nobody once `after` is written in its place. */
  forget?(before: Cluster, after: Cluster): string[];
}

/** All that an operation may know and ask while it runs in a controller. */
export interface Knowledge {
  cluster: Cluster;
  version: ProvenVersion;
  /** The state on the bus does not go on from this version, which was seen before. */
  older: SeenBefore | null;
  catalogue: Catalogue;
  controllerKeys: ControllerKeys;
  kato: string;
  verdicts: Verdicts;
  announced: readonly AnnouncedRoute[];
  announcements: Announcements;
  /** What all nodes should have. */
  contents: Contents;
  /** The same after a look at the bus, where that may hold what is newer. */
  caughtUp(seen: ProvenVersion): Promise<Knowledge>;
  reports: ReadonlyMap<string, Report>;
  /** Seconds since the last sign of life of each node that gave one. */
  lastSeen: ReadonlyMap<string, number>;
  /** Machines that carry the identity of a node elsewhere, by its id. */
  displaced: DisplacedOf;
  /** Who spoke as a node lately. */
  voicesOf(nodeId: string): Voices;
  /** Keeps what such a machine says of itself, for all controllers. */
  takeDisplaced(nodeId: string, told: Displaced): Promise<void>;
  now(): Date;
  secret(name: string): Promise<string | null>;
  secretsBelow(prefix: string): Promise<StoredSecrets>;
  /** The current reports of all agents that are not gone, without those that do not answer soon. */
  askAll(): Promise<Map<string, Report>>;
  /** Asks one agent. NODE_UNREACHABLE when it does not answer in time. */
  askNode(id: string, what: string, body: Json, waitMs: number): Promise<Json>;
  history(limit: number, names: readonly string[] | null, id?: string): Promise<HistoryEntry[]>;
  /** Resolves at the next change of `reports` or `verdicts`, or after `waitMs`. */
  nextNews(waitMs: number): Promise<void>;
}

/** What a controller knows of components that announce routes. */
export interface Announcements {
  /** Whether this router should tell what it has: a controller that has just started knows little. */
  needsFrom(nodeId: string): boolean;
  /**
   * Takes over what a router still serves. False where the proof is not that of controllers, and where
   * the others cannot be told.
   */
  adopt(
    nodeId: string,
    routes: readonly AnnouncedRoute[],
    proof: string | undefined,
  ): Promise<boolean>;
  /** What views show, with its proof; beside it what one router has, and then without a proof. */
  shown(unproven: readonly AnnouncedRoute[]): {
    announced: readonly AnnouncedRoute[];
    proof: string | null;
  };
  /** By announcer: what was refused lately, and why. */
  refused(): Record<string, RefusedAnnouncements[]>;
}

export interface RefusedAnnouncements {
  reason: RefusalReason;
  /** Since the controller that answers runs; announcements that are repeated count again. */
  count: number;
  /** The last of them, and what is wrong with it. */
  example: string;
  /** Seconds since the last of them. */
  age: number;
}

export function read<S extends v.GenericSchema>(
  name: string,
  may: Described['may'],
  params: S,
  run: (knowledge: Knowledge, params: v.InferOutput<S>, by: Node) => Promise<unknown>,
): Read {
  return {
    kind: 'read',
    name,
    may,
    params,
    run: async (knowledge, checked, by) =>
      (await run(knowledge, checked as v.InferOutput<S>, by)) as Json,
  };
}

export function change<S extends v.GenericSchema, R>(
  name: string,
  may: Described['may'],
  params: S,
  decide: (cluster: Cluster, params: v.InferOutput<S>, asked: Asked) => Decision<R>,
): Change {
  return preparedChange(name, may, params, async (_knowledge, checked) => ({
    decide: (cluster, asked) => decide(cluster, checked, asked),
  }));
}

export function preparedChange<S extends v.GenericSchema>(
  name: string,
  may: Described['may'],
  params: S,
  prepare: (knowledge: Knowledge, params: v.InferOutput<S>, by: Node) => Promise<Prepared>,
  record: (params: v.InferOutput<S>) => unknown = (checked) => checked,
): Change {
  return {
    kind: 'change',
    name,
    may,
    params,
    record: (checked) => record(checked as v.InferOutput<S>) as Json,
    prepare: (knowledge, checked, by) => prepare(knowledge, checked as v.InferOutput<S>, by),
  };
}

/**
 * A node, as it is called in a request: id, name or address. `resolveNodes` makes it the id, before
 * any right is looked at; decisions never see a name.
 */
export const NODE = text(NAME_MAX);
export const NODES = v.pipe(list(NODE, 1000), v.minLength(1));
export const NODE_OR_ALL = v.nullable(NODE);

/** The public NKey of a node, a token or an announcer. */
export const PUBLIC_KEY = v.custom<string>(
  (given) => typeof given === 'string' && isUserKey(given),
  'not a public key',
);

/** Parameters of the right shape, or USAGE with the path of the first fault. */
export function checkParams(operation: Operation, given: unknown): unknown {
  const { value, fault } = shaped(operation.params, given);
  if (fault === null) return value;
  throw refuse(
    'USAGE',
    `${operation.name} does not understand its parameters`,
    fault,
    'this kato and the controller may have different versions: kato version shows them',
  );
}

/**
 * Parameters with the ids of the nodes that they name: UNKNOWN_NODE or CONFLICT for a name that is
 * not one node's. A `retry` may name a node that is gone since.
 */
export function resolveNodes(
  operation: Operation,
  params: unknown,
  cluster: Cluster,
  { retry }: { retry: boolean },
): unknown {
  return mapNodes(operation, params, (called) => {
    const found = nodesCalled(cluster, called);
    return retry && found.length !== 1 ? called : findNode(cluster, called).id;
  });
}

/** The same the other way: names, as people read them in the history also when the nodes are gone. */
export function nameNodes(operation: Operation, params: unknown, cluster: Cluster): unknown {
  return mapNodes(operation, params, (id) => nameOfNode(cluster, id));
}

function mapNodes(operation: Operation, params: unknown, to: (node: string) => string): unknown {
  const entries = (operation.params as { entries?: Record<string, unknown> }).entries ?? {};
  const given = params as Record<string, unknown>;
  const mapped = Object.entries(entries).flatMap(([key, schema]): [string, unknown][] => {
    const value = given[key];
    if (schema === NODES) return [[key, [...new Set((value as string[]).map(to))]]];
    if ((schema !== NODE && schema !== NODE_OR_ALL) || typeof value !== 'string') return [];
    return [[key, to(value)]];
  });
  return mapped.length === 0 ? params : { ...given, ...Object.fromEntries(mapped) };
}

/** NOT_ALLOWED unless this node may ask for this operation with these, resolved, parameters. */
export function checkRight(operation: Operation, params: unknown, by: Node): void {
  const { may } = operation;
  if (may === 'controller' || may === 'joiner') throw noSuchOperation(operation.name);
  if (may === 'anyone' || by.admin) return;
  const { node } = (params ?? {}) as { node?: unknown };
  if (may === 'own' && node === by.id) return;
  throw refuse(
    'NOT_ALLOWED',
    `node ${by.name} may not ask for ${operation.name}${may === 'own' ? ' on another node' : ''}`,
    may === 'own' ? 'a node that is not an admin may change only itself' : 'only an admin node may',
    'run the command on an admin node, such as the core',
  );
}

export function noSuchOperation(name: string) {
  return refuse('NOT_FOUND', `there is no operation '${name}'`);
}
