import * as v from 'valibot';
import type { Bus } from '../bus/bus.ts';
import { connectBusAtLast } from '../bus/connection.ts';
import { all, ask, heartbeat, op, parseSubject, VERSIONS, wake } from '../bus/subjects.ts';
import { KatoError, refuse } from '../domain/base/error.ts';
import { shaped } from '../domain/base/shapes.ts';
import type { Json } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import type { Have, ProvenVersion } from '../domain/views/view.ts';
import type { Delivery, NodeIdentity } from '../machine/node/ledger.ts';
import type { Released } from '../operations/following/released.ts';
import type { DisplacedAnswer } from '../operations/moves.ts';
import { PROVEN_VERSION } from '../operations/report.ts';
import type { Fetched, Told } from './told.ts';

/** A view that does not come within this is not waited for: the ledger has one. */
const VIEW_MS = 2000;
const REPORT_MS = 2000;
const EXPORT_MS = 5000;
/** What an answer may take beyond the time that it was to wait for news. */
const ANSWER_MS = 1000;

const NEWS = v.object({ version: PROVEN_VERSION });

/** What the agent has to do with the rest of the cluster. All of it may be away at any time. */
export interface ClusterLink {
  readonly connected: boolean;
  /** Why it is not, as last seen. */
  readonly reason: KatoError | null;
  /** The node's own request, under its own identity. BUS_AWAY at once without a connection. */
  ask(operation: string, body: Json, timeoutMs: number): Promise<Json>;
  fetchView(have: Pick<Told, 'delivery' | 'seen'>): Promise<Fetched>;
  /** The cluster's export, sealed; `null` when the one of that hash is the newest. */
  fetchExport(known: string | null): Promise<{ hash: string; sealed: string } | null>;
  /** Who may still send requests to a process of this node, which was given up at a revision, or to all of it. */
  released(
    what: { process: string | null; revision: number | null },
    waitMs: number,
  ): Promise<Released>;
  /** Whether the cluster itself says that this node was removed, and the same then. Null when nobody answers. */
  removed(): Promise<(Released & { removed: boolean }) | null>;
  /** Tells the cluster, if it can be told, that this removed node has stopped its roles. */
  sayStopped(): Promise<void>;
  report(report: Report): Promise<void>;
  /** Tells the cluster that the node's identity is on this machine, which is not where it should be. */
  tellDisplaced(where: { address: string; machineId: string }): Promise<DisplacedAnswer>;
  beat(body: { version: ProvenVersion | null; leaving: boolean; have?: Have }): void;
  close(): Promise<void>;
}

export function linkToCluster(options: {
  identity: NodeIdentity;
  /** Which life of this machine's processes it is: a copy of the machine has another one. */
  instance: string;
  onWake(): void;
  /** Controllers tell of a version: there is nothing to do for that. */
  onNews?(version: ProvenVersion): void;
  /** The bus is there, or back. */
  onUp(): void;
  /** A live question from a controller; only reads. Without it others may answer for the node. */
  onAsk?(what: string, body: Json): Promise<Json>;
  onStatus(line: string): void;
}): ClusterLink {
  const { identity, instance, onAsk, onNews } = options;
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
    if (onNews !== undefined) {
      connected.subscribe(ask(VERSIONS), ({ body }) => {
        const { value } = shaped(NEWS, body);
        if (value !== null) onNews(value.version);
      });
    }
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
          'kato status shows what this node last knew',
        );
      }
      return bus.request(op(nodeId, operation), body, { timeoutMs });
    },
    fetchView: async ({ delivery, seen }) => {
      const known = { known: delivery?.hash ?? null };
      const news = seen === null || delivery?.made === undefined ? {} : { seen: { ...seen } };
      const first = await askView(known, news);
      if (!('needs' in first)) return fetchedOf(first);
      // A controller that has just started asks a router what is announced.
      const announced = (delivery?.view.announced ?? []) as unknown as Json;
      const proof = delivery?.view.announcedProof;
      const proven = proof === undefined ? {} : { announcedProof: proof };
      return fetchedOf(await askView({ ...known, announced }, { ...news, ...proven }));
    },
    fetchExport: async (known) => {
      const answer = await link.ask('state.sealed', { id: '', params: { known } }, EXPORT_MS);
      const { same, ...fetched } = answer as { same: boolean; hash: string; sealed: string };
      return same ? null : fetched;
    },
    released: async (what, waitMs) => {
      const body = { id: '', params: { ...what, waitMs: Math.floor(waitMs) } };
      return (await link.ask('released', body, waitMs + ANSWER_MS)) as unknown as Released;
    },
    removed: async () => {
      const answer = await askAsRemoved({}).catch(() => null);
      if (answer === null) return null;
      const { removed, waitsFor = [] } = answer as Partial<Released> & { removed: boolean };
      return { removed, waitsFor };
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
    beat: ({ version, leaving, have }) => {
      const beat = { version: version && { ...version }, leaving, instance };
      const body =
        have === undefined ? beat : { ...beat, have: { ...have, made: { ...have.made } } };
      bus?.publish(heartbeat(nodeId), body);
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

  /** A controller of 0.1.0 refuses what it does not know. */
  async function askView(
    params: { [name: string]: Json },
    later: { [name: string]: Json },
  ): Promise<object> {
    const asked = (all: Json) => link.ask('view', { id: '', params: all }, VIEW_MS);
    try {
      return (await asked({ ...params, ...later })) as object;
    } catch (error) {
      const isOlder = error instanceof KatoError && error.code === 'USAGE';
      if (!isOlder || Object.keys(later).length === 0) throw error;
      return (await asked(params)) as object;
    }
  }
}

function fetchedOf(answer: object): Fetched {
  const { same, ...fetched } = answer as Fetched & Delivery & { same: boolean };
  if (same) return { ...fetched, delivery: null };
  const { hash, view, secrets, made } = fetched;
  return { delivery: { hash, view, secrets, ...(made === undefined ? {} : { made }) } };
}
