import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Admission, Bus, Message } from '../bus/bus.ts';
import { ADMIN, limitsOf } from '../bus/limits.ts';
import { all, CONTROLLER, join, parseSubject, type Subject } from '../bus/subjects.ts';
import { landed } from '../domain/change/change.ts';
import { isFormer } from '../domain/change/leave.ts';
import type { Json, Node } from '../domain/cluster.ts';
import { refuse } from '../domain/error.ts';
import { anything, form, shaped } from '../domain/shapes.ts';
import { OPERATIONS } from '../operations/index.ts';
import { nodeSettleFormer } from '../operations/nodes.ts';
import {
  checkParams,
  checkRight,
  type Knowledge,
  noSuchOperation,
  type Operation,
  resolveNodes,
} from '../operations/operation.ts';
import type { Changes } from './changes.ts';
import { documentOf, type Live } from './live.ts';
import type { Reports } from './reports.ts';

/** What stands in a request; the asker and the operation stand in its subject. */
const REQUEST = v.object({ id: form(/^[\w-]{0,64}$/, 'an id'), params: anything });

/** What a removed node says in the end. */
const STOPPED = v.object({ params: v.object({ stopped: v.literal(true) }) });

/** Answers every request on the bus: who asks is vouched for by it, whether they may is checked here. */
export function answerRequests(options: {
  bus: Bus;
  live: Live;
  changes: Changes;
  reports: Reports;
  knowledge: () => Knowledge;
}): void {
  const { bus, live } = options;
  bus.respond(all.ops, fromNode, { queue: CONTROLLER, admit });
  bus.respond(join, fromJoiner, { queue: CONTROLLER });

  /** An admin's import and certificates are large; nobody else's requests are. */
  function admit(subject: Subject): Admission {
    const isAdmin = live.document?.cluster.nodes[subject.who]?.admin === true;
    return isAdmin ? ADMIN : limitsOf(subject);
  }

  async function fromNode(message: Message): Promise<Json> {
    const subject = parseSubject(message.subject);
    if (subject?.kind !== 'op') throw refuse('USAGE', `${message.subject} is not a request`);
    const { who, operation: name } = subject;
    if (name === 'removed') return answerFormer(who, message.body);
    const by = knownNode(who);
    if (name === 'report') {
      await options.reports.take(by, message.body);
      return null;
    }
    const operation = OPERATIONS.get(name);
    if (operation === undefined) throw noSuchOperation(name);
    return serve(operation, message.body, by);
  }

  async function fromJoiner(message: Message): Promise<Json> {
    return serve(OPERATIONS.get('node.join')!, message.body, null);
  }

  async function serve(operation: Operation, body: Json, by: Node | null): Promise<Json> {
    const request = shaped(REQUEST, body);
    if (request.fault !== null) throw refuse('USAGE', 'this is not a request', request.fault);
    const { id } = request.value;
    const { cluster } = documentOf(live);
    const retry = operation.kind === 'change' && landed(cluster, id) !== undefined;
    const asked = checkParams(operation, request.value.params);
    const params = resolveNodes(operation, asked, cluster, { retry });
    if (by !== null) checkRight(operation, params, by);
    if (operation.kind === 'read') return operation.run(options.knowledge(), params, by!);
    if (id === '') throw refuse('USAGE', 'a change needs an id, by which it happens once');
    return {
      ...(await options.changes.perform({
        operation,
        params,
        id,
        by,
        who: by?.name ?? 'join',
      })),
    };
  }

  /** The one question of a removed node; with it, in the end, it says that its roles are stopped. */
  async function answerFormer(who: string, body: Json): Promise<Json> {
    const former = live.document?.cluster.former[who];
    const removed = live.document !== null && isFormer(live.document.cluster, who);
    if (removed && shaped(STOPPED, body).fault === null) {
      const request = { operation: nodeSettleFormer, params: { id: who }, id: randomUUID() };
      await options.changes.perform({ ...request, by: null, who: former!.name });
    }
    return { removed };
  }

  function knownNode(who: string): Node {
    const node = documentOf(live).cluster.nodes[who];
    if (node !== undefined) return node;
    throw refuse('UNKNOWN_NODE', `node ${who} is not in this cluster`);
  }
}
