import type { Bus } from '../bus/bus.ts';
import { connectBusAtLast } from '../bus/connection.ts';
import { all, heartbeat, op, parseSubject, wake } from '../bus/subjects.ts';
import { type KatoError, refuse } from '../domain/base/error.ts';
import type { Json } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import type { ProvenVersion } from '../domain/views/view.ts';
import type { Delivery, NodeIdentity } from '../machine/node/ledger.ts';
import type { DisplacedAnswer } from '../operations/moves.ts';

/** A view that does not come within this is not waited for: the ledger has one. */
const VIEW_MS = 2000;
const REPORT_MS = 2000;
const EXPORT_MS = 5000;

/** What the agent has to do with the rest of the cluster. All of it may be away at any time. */
export interface ClusterLink {
  readonly connected: boolean;
  /** Why it is not, as last seen. */
  readonly reason: KatoError | null;
  /** The node's own request, under its own identity. BUS_AWAY at once without a connection. */
  ask(operation: string, body: Json, timeoutMs: number): Promise<Json>;
  /** `null` when there is nothing newer than what the asker has. */
  fetchView(have: Delivery | null): Promise<Delivery | null>;
  /** The cluster's export, sealed; `null` when the one of that hash is the newest. */
  fetchExport(known: string | null): Promise<{ hash: string; sealed: string } | null>;
  /** Whether the cluster itself says that this node was removed. False when nobody answers. */
  wasRemoved(): Promise<boolean>;
  /** Tells the cluster, if it can be told, that this removed node has stopped its roles. */
  sayStopped(): Promise<void>;
  report(report: Report): Promise<void>;
  /** Tells the cluster that the node's identity is on this machine, which is not where it should be. */
  tellDisplaced(where: { address: string; machineId: string }): Promise<DisplacedAnswer>;
  beat(body: { version: ProvenVersion | null; leaving: boolean }): void;
  close(): Promise<void>;
}

export function linkToCluster(options: {
  identity: NodeIdentity;
  /** Which life of this machine's processes it is: a copy of the machine has another one. */
  instance: string;
  onWake(): void;
  /** The bus is there, or back. */
  onUp(): void;
  /** A live question from a controller; only reads. Without it others may answer for the node. */
  onAsk?(what: string, body: Json): Promise<Json>;
  onStatus(line: string): void;
}): ClusterLink {
  const { identity, instance, onAsk } = options;
  const { nodeId, core, ca, clusterId, key, seed } = identity;
  const ending = new AbortController();
  let bus: Bus | null = null;
  let reason: KatoError | null = null;

  const connecting = connectBusAtLast(
    {
      ...core,
      ca,
      clusterId,
      identity: { who: nodeId, key, seed },
      name: `agent ${nodeId}`,
      onStatus: (status, why) => {
        const news =
          status === 'up' ? reason !== null || bus === null : why?.message !== reason?.message;
        reason = why;
        if (news) options.onStatus(status === 'up' ? 'bus: connected' : `bus: ${why?.message}`);
        if (status === 'up' && bus !== null) options.onUp();
      },
    },
    ending.signal,
  ).then((connected) => {
    if (connected === null) return;
    bus = connected;
    connected.subscribe(wake(nodeId), options.onWake);
    if (onAsk !== undefined) answerQuestions(connected, onAsk);
    options.onUp();
  });

  const link: ClusterLink = {
    get connected() {
      return bus?.connected === true;
    },
    get reason() {
      return reason;
    },
    ask: async (operation, body, timeoutMs) => {
      if (bus === null || !bus.connected) {
        throw refuse(
          'BUS_AWAY',
          `the bus at ${core.address}:${core.port} is away`,
          reason?.code === 'BUS_AWAY'
            ? 'the connection broke'
            : (reason?.message ?? 'the connection is being made'),
          'kato status shows what this node knew last',
        );
      }
      return bus.request(op(nodeId, operation), body, { timeoutMs });
    },
    fetchView: async (have) => {
      const params = { known: have?.hash ?? null };
      const first = await link.ask('view', { id: '', params }, VIEW_MS);
      const answer = 'needs' in (first as object) ? await withAnnounced(have, params) : first;
      const delivery = answer as unknown as Delivery & { same: boolean };
      if (delivery.same) return null;
      const { hash, view, secrets } = delivery;
      return { hash, view, secrets };
    },
    fetchExport: async (known) => {
      const answer = await link.ask('state.sealed', { id: '', params: { known } }, EXPORT_MS);
      const { same, ...fetched } = answer as { same: boolean; hash: string; sealed: string };
      return same ? null : fetched;
    },
    wasRemoved: async () => {
      const answer = await askAsRemoved({}).catch(() => null);
      return (answer as { removed?: boolean } | null)?.removed === true;
    },
    sayStopped: async () => {
      await askAsRemoved({ stopped: true }).catch(() => null);
    },
    report: async (report) => {
      await link.ask('report', report as unknown as Json, REPORT_MS);
    },
    tellDisplaced: async (where) => {
      const params = { ...where, instance };
      const answer = await link.ask('node.displaced', { id: '', params }, VIEW_MS);
      return answer as unknown as DisplacedAnswer;
    },
    beat: ({ version, leaving }) => {
      bus?.publish(heartbeat(nodeId), { version: version && { ...version }, leaving, instance });
    },
    close: async () => {
      ending.abort();
      await connecting;
      await bus?.close();
    },
  };
  return link;

  function answerQuestions(connected: Bus, answer: NonNullable<typeof onAsk>): void {
    connected.respond(all.asksOf(nodeId), (message) => {
      const subject = parseSubject(message.subject);
      if (subject?.kind !== 'ask') throw refuse('USAGE', `${message.subject} is not a question`);
      return answer(subject.what, message.body);
    });
  }

  function askAsRemoved(params: Json): Promise<Json> {
    return link.ask('removed', { id: '', params }, VIEW_MS);
  }

  /** A controller that has just started asks a router what is announced. */
  function withAnnounced(have: Delivery | null, params: { known: string | null }): Promise<Json> {
    const announced = (have?.view.announced ?? []) as unknown as Json;
    const proof = have?.view.announcedProof;
    const proven = proof === undefined ? {} : { announcedProof: proof };
    return link.ask('view', { id: '', params: { ...params, announced, ...proven } }, VIEW_MS);
  }
}
