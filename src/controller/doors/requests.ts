import * as v from 'valibot';
import type { Admission, Message } from '../../bus/bus.ts';
import { all, CONTROLLER, join, parseSubject, type Subject } from '../../bus/subjects.ts';
import { counts } from '../../domain/base/counts.ts';
import { KatoError, refuse } from '../../domain/base/error.ts';
import { anything, idShape, shaped } from '../../domain/base/shapes.ts';
import { landed } from '../../domain/document/change.ts';
import type { Json, Node } from '../../domain/document/cluster.ts';
import { isFormer } from '../../domain/nodes/leave.ts';
import { waitsForRemoved } from '../../operations/following/released.ts';
import { OPERATIONS } from '../../operations/index.ts';
import { nodeJoin } from '../../operations/join.ts';
import { nodeSettleFormer } from '../../operations/nodes.ts';
import {
  checkParams,
  checkRight,
  type Knowledge,
  nameNodes,
  noSuchOperation,
  type Operation,
  resolveNodes,
} from '../../operations/operation.ts';
import { hearApart } from '../hearing/hearing-apart.ts';
import type { Changes } from '../state/changes.ts';
import { documentOf, type Live } from '../state/live.ts';
import type { Records } from '../state/records.ts';
import type { Reports } from '../state/reports.ts';
import { hearAdmins } from './admins.ts';
import type { Intake } from './intake.ts';
import type { Lanes } from './lanes.ts';

/** What stands in a request; the asker and the operation stand in its subject. */
const REQUEST = v.object({ id: idShape('an id'), params: anything });

/** What a removed node says in the end. */
const STOPPED = v.object({ params: v.object({ stopped: v.literal(true) }) });

/** Of one node at a time. Each `kato` that waits for a change is one. */
const SERVED_MAX = { admin: 500, node: 32 };
const LATER = 'run the command again in a moment';

/** Who asks: a node, or a machine that shows a token and is none yet. */
interface Asker {
  id: string;
  by: Node | null;
  /** What the history calls him. */
  name: string;
}

/** Answers every request on the bus: who asks is vouched for by it, whether they may is checked here. */
export function answerRequests(options: {
  lanes: Lanes;
  live: Live;
  intake: Intake;
  changes: Changes;
  records: Records;
  reports: Reports;
  knowledge: () => Knowledge;
  signal: AbortSignal;
}): void {
  const { lanes, live, intake, records, signal } = options;
  const serving = counts();
  const { admit, answered } = intake;
  const admins = hearAdmins({ bus: lanes.control, live, intake, answer: servedAtOnce });
  hearApart({
    ...{ live, signal, admit: fromOthers },
    speakers: ({ nodes, former }) => [...Object.keys(nodes), ...Object.keys(former)],
    listen: (who, admit) => {
      const subject = who === null ? all.ops : all.opsOf(who);
      return lanes.nodes.respond(subject, servedAtOnce, { queue: CONTROLLER, admit, answered });
    },
  });
  hearApart({
    ...{ live, signal, admit },
    speakers: ({ tokens }) => Object.keys(tokens),
    listen: (who, admit) => {
      const subject = who === null ? all.joins : join(who);
      return lanes.strangers.respond(subject, fromJoiner, { queue: CONTROLLER, admit, answered });
    },
  });

  /** What admins say was heard already. */
  function fromOthers(subject: Subject, bytes: number): Admission {
    return admins.hears(subject.who) ? 'drop' : admit(subject, bytes);
  }

  /** Questions that wait for an answer cost memory, as those do that follow a change for seconds. */
  async function servedAtOnce(message: Message): Promise<Json> {
    const who = message.sender!;
    const now = serving.of(who);
    const isAdmin = live.document?.cluster.nodes[who]?.admin === true;
    if (now >= (isAdmin ? SERVED_MAX.admin : SERVED_MAX.node)) {
      throw refuse('BUSY', `${now} requests of this node are being answered`, undefined, LATER);
    }
    serving.enter(who);
    return fromNode(message).finally(() => serving.leave(who));
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
    return serve(operation, message.body, { id: who, by, name: by.name });
  }

  async function fromJoiner({ subject, body }: Message): Promise<Json> {
    const who = parseSubject(subject)!.who;
    return serve(nodeJoin, body, { id: who, by: null, name: 'join' });
  }

  async function serve(operation: Operation, body: Json, asker: Asker): Promise<Json> {
    const request = shaped(REQUEST, body);
    if (request.fault !== null) throw refuse('USAGE', 'this is not a request', request.fault);
    const { id } = request.value;
    const { cluster } = documentOf(live);
    const retry = operation.kind === 'change' && landed(cluster, id) !== undefined;
    const asked = checkParams(operation, request.value.params);
    const params = resolveNodes(operation, asked, cluster, { retry });
    judge(operation, params, asker);
    if (operation.kind === 'read') return operation.run(options.knowledge(), params, asker.by!);
    if (id === '') throw refuse('USAGE', 'a change needs an id, so that it happens only once');
    const { by, name } = asker;
    return {
      ...(await options.changes.perform({
        ...{ operation, params, id },
        ...{ by, who: name, asker: asker.id },
      })),
    };
  }

  /** What the document at hand refuses already waits for nobody, and is counted. */
  function judge(operation: Operation, params: unknown, { id, by, name }: Asker): void {
    const at = live.clock.at();
    const { cluster } = documentOf(live);
    try {
      if (by !== null) checkRight(operation, params, by);
      else nodeJoin.judge(cluster, params, id, at);
    } catch (error) {
      if (error instanceof KatoError) {
        const named = nameNodes(operation, params, cluster);
        const told = operation.kind === 'change' ? operation.record(named) : (named as Json);
        records.refused({ at, by: name, operation: operation.name, params: told }, error.code, id);
      }
      throw error;
    }
  }

  /** The one question of a removed node; with it, in the end, it says that its roles are stopped. */
  async function answerFormer(who: string, body: Json): Promise<Json> {
    const former = live.document?.cluster.former[who];
    const removed = live.document !== null && isFormer(live.document.cluster, who);
    if (removed && former?.awaited === true && shaped(STOPPED, body).fault === null) {
      const request = {
        operation: nodeSettleFormer,
        params: { node: who },
        id: live.clock.newId(),
      };
      await options.changes.perform({ ...request, by: null, who: former.name, asker: who });
    }
    return removed ? { removed, waitsFor: waitsForRemoved(options.knowledge()) } : { removed };
  }

  function knownNode(who: string): Node {
    const node = documentOf(live).cluster.nodes[who];
    if (node !== undefined) return node;
    throw refuse('UNKNOWN_NODE', `node ${who} is not in this cluster`);
  }
}
