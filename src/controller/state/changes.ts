import type { Store } from '../../bus/store/store.ts';
import { KatoError, refuse } from '../../domain/base/error.ts';
import { type Asker, fairQueue } from '../../domain/base/fair-queue.ts';
import { checkBudget } from '../../domain/document/budget.ts';
import { type Asked, commit, landed } from '../../domain/document/change.ts';
import type { Cluster, Json, Node } from '../../domain/document/cluster.ts';
import { olderState } from '../../domain/document/older-state.ts';
import { presenceOf } from '../../domain/nodes/presence.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import { isAdmin } from '../../domain/roles/role-changes.ts';
import { withWantedSince } from '../../domain/roles/wanted-since.ts';
import {
  type Change,
  type Knowledge,
  nameNodes,
  type Prepared,
} from '../../operations/operation.ts';
import type { LineageGuard } from './lineage-guard.ts';
import { type Document, documentOf, type Live, takeDocument, takeSecret } from './live.ts';
import type { Landed, Records } from './records.ts';

/** A change that keeps losing against others is given up after this. */
const CHANGE_MS_MAX = 5000;

export interface Performed {
  result: Json;
  /** The revision at which it is true, and the nodes that have to follow. */
  revision: number;
  touched: string[];
  changed: boolean;
}

export interface ChangeRequest {
  operation: Change;
  params: unknown;
  /** Made by the caller. */
  id: string;
  /** Null for the joiner, who is no node yet. */
  by: Node | null;
  /** What the history calls the asker. */
  who: string;
  /** Id of the node or the token that asks: each has a turn of its own. */
  asker: string;
}

/**
 * How much may wait of one asker. A node does one thing after the other, a token stands for all machines
 * that join with it at once.
 */
const WAITING_MAX = { admin: 200, node: 8, other: 200 };

export interface Changes {
  /**
   * One at a time, each asker in turn, admins before others. A retry with the same id returns the
   * first result. BUSY when this asker has too much waiting.
   */
  perform(request: ChangeRequest): Promise<Performed>;
}

export function createChanges(options: {
  store: Store;
  live: Live;
  guard: LineageGuard;
  catalogue: Catalogue;
  records: Pick<Records, 'done' | 'refused'>;
  knowledge: () => Knowledge;
}): Changes {
  const { records } = options;
  const { clock } = options.live;
  const queue = fairQueue<() => Promise<void>>();
  let working = false;
  return {
    perform: (request) =>
      new Promise((resolve, reject) => {
        const work = () => perform(request).then(resolve, reject);
        if (!queue.add(placeOf(request), work)) return reject(tooMany(request));
        if (!working) void workOff();
      }),
  };

  async function workOff(): Promise<void> {
    working = true;
    for (let work = queue.next(); work !== undefined; work = queue.next()) await work();
    working = false;
  }

  async function perform(request: ChangeRequest): Promise<Performed> {
    const at = clock.at();
    const { who: by, operation } = request;
    const note = { at, by, operation: operation.name, params: told(request) };
    try {
      return await tried(request, at, (landed) => records.done(note, landed, request.by));
    } catch (error) {
      const code = error instanceof KatoError ? error.code : 'INTERNAL';
      records.refused(note, code, request.asker);
      throw error;
    }
  }

  /** What the history tells of a request: nodes by the names that they have now. */
  function told({ operation, params }: ChangeRequest): Json {
    const { document } = options.live;
    const named = document === null ? params : nameNodes(operation, params, document.cluster);
    return operation.record(named);
  }

  async function tried(
    request: ChangeRequest,
    at: string,
    record: (landed: Landed) => Promise<void>,
  ): Promise<Performed> {
    const { operation, params, id } = request;
    // Another controller may have changed it, also a moment ago: nothing is decided on old news.
    await options.guard.readBack();
    const knowledge = options.knowledge();
    const asked: Asked = {
      operationId: id,
      by: request.by?.id ?? 'join',
      at,
      catalogue: options.catalogue,
      presence: (nodeId) => presenceOf(knowledge, nodeId),
    };
    const first = landedResult(document().cluster, id);
    if (first !== undefined) return first;
    const prepared = await operation.prepare(knowledge, params, request.by as Node);
    const deadline = clock.nowMs() + CHANGE_MS_MAX;
    while (clock.nowMs() < deadline) {
      const before = document();
      const again = landedResult(before.cluster, id);
      if (again !== undefined) return again;
      const outcome = await attempt(before, prepared, asked, record);
      if (outcome !== 'conflict') return outcome;
      await options.guard.readBack();
    }
    throw refuse(
      'TIMEOUT',
      `${operation.name} was not written within ${CHANGE_MS_MAX / 1000} s`,
      'others kept changing the cluster, or the bus did not answer',
      'run the command again: it takes effect only once',
    );
  }

  /** One compare-and-set. A conflict asks for a fresh look. */
  async function attempt(
    before: Document,
    prepared: Prepared,
    asked: Asked,
    record: (landed: Landed) => Promise<void>,
  ): Promise<Performed | 'conflict'> {
    const decision = prepared.decide(before.cluster, asked);
    const result = decision.result as Json;
    if (!decision.changed) {
      return { result, revision: before.cluster.revision, touched: [], changed: false };
    }
    const { contents } = options.knowledge();
    const cluster = withWantedSince(before.cluster, decision.cluster, asked.catalogue);
    const touched = decision.isFollowed ? contents.affectedBy(cluster) : [];
    const after = commit(before.cluster, { ...decision, cluster }, asked.operationId, touched);
    checkBudget(before.cluster, after, isAdmin(before.cluster, asked.by));
    await storeSecrets(prepared, decision.cluster);
    const forgotten = numbered(prepared.forget?.(before.cluster, after) ?? []);
    const entry = await options.store.writeCluster(after, before.entry);
    if (entry === null) return 'conflict';
    // It goes to the disk of the bus while nodes are woken.
    const { operationId: id } = asked;
    const recorded = record({ id, revision: after.revision, touched });
    takeDocument(options.live, after, entry);
    await recorded;
    await forgetSecrets(forgotten);
    return { result, revision: after.revision, touched, changed: true };
  }

  async function storeSecrets(prepared: Prepared, cluster: Cluster): Promise<void> {
    const { store } = options;
    for (const [name, value] of Object.entries(prepared.secrets ?? {})) {
      takeSecret(options.live, name, await store.putSecret(name, value));
    }
    for (const [name, value] of Object.entries(prepared.newSecrets?.(cluster) ?? {})) {
      const number = await store.addSecret(name, value);
      if (number !== null) takeSecret(options.live, name, number);
    }
  }

  function numbered(names: readonly string[]): [name: string, number: number][] {
    const { secrets } = options.live;
    return names.flatMap((name) => (secrets.has(name) ? [[name, secrets.get(name)!]] : []));
  }

  /**
   * As they were when the document was written: another controller may have stored one anew since, for a
   * later document. One that is not deleted stays, sealed and of no use: the change has landed all the same.
   */
  async function forgetSecrets(forgotten: readonly [string, number][]): Promise<void> {
    for (const [name, number] of forgotten)
      await options.store.deleteSecret(name, number).catch(() => undefined);
  }

  function document(): Document {
    const { older } = options.live;
    if (older !== null) throw olderState(older);
    return documentOf(options.live);
  }
}

function placeOf({ asker, by }: ChangeRequest): Asker {
  if (by?.admin === true) return { id: asker, first: true, waitingMax: WAITING_MAX.admin };
  return {
    id: asker,
    first: false,
    waitingMax: by === null ? WAITING_MAX.other : WAITING_MAX.node,
  };
}

function tooMany({ who, operation }: ChangeRequest): KatoError {
  return refuse(
    'BUSY',
    `${operation.name} waits for other changes that ${who} asked for`,
    'one change is made at a time, and each asker has its turn',
    'nothing was changed: run the command again in a moment',
  );
}

function landedResult(cluster: Cluster, id: string): Performed | undefined {
  const record = landed(cluster, id);
  if (record === undefined) return undefined;
  const { result, revision, touched } = record;
  return { result, revision, touched, changed: false };
}
