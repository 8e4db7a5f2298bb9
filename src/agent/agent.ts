import { isAway, KatoError, refuse, toErrorRecord } from '../domain/base/error.ts';
import type { Json } from '../domain/document/cluster.ts';
import { isOfCore } from '../domain/nodes/standing.ts';
import type { Status } from '../domain/telling/status.ts';
import { AGENT } from '../machine/disk/places.ts';
import { watchDeadPeers } from '../machine/network/dead-peers.ts';
import { isHalting } from '../machine/node/halting.ts';
import {
  type Delivery,
  type NodeIdentity,
  readSeen,
  takeLedger,
  writeLedger,
  writeSeen,
} from '../machine/node/ledger.ts';
import { sweepLeftovers } from '../machine/s6/leftovers.ts';
import { watchProcesses } from '../machine/s6/watch.ts';
import { whereabouts } from '../operations/local/whereabouts.ts';
import { withLostKeys } from '../operations/secrets.ts';
import { startBeating } from './beats.ts';
import { linkToCluster } from './cluster-link.ts';
import { agentInfo } from './doors/info.ts';
import { damageTold, lastStatus } from './doors/last-status.ts';
import { type SocketRequest, serveSockets } from './doors/sockets.ts';
import { leaveCluster, removedNow } from './farewell.ts';
import { exportKeeper } from './kept-export.ts';
import { createLoop } from './loop.ts';
import { keepTime } from './node-time.ts';
import { type PassContext, pass } from './pass.ts';
import { startReporter } from './reporter.ts';
import { startTold } from './told.ts';
import { updateKeeper } from './update.ts';
import { createWaits } from './waits.ts';

export interface AgentEvents {
  log(line: string): void;
  /** The cluster gave this node another address than its identity has: nothing of that view is done. */
  onMoved(address: string): void;
}

/** The program on each node that makes it what the cluster wants. Runs until `signal`. */
export async function runAgent(
  context: PassContext,
  identity: NodeIdentity,
  { log, onMoved }: AgentEvents,
  signal: AbortSignal,
): Promise<void> {
  const { paths } = context;
  await sweepLeftovers(paths);
  await keepTime(paths);
  const kept = await takeLedger(paths);
  const { nodeId } = identity;
  const seen = await readSeen(paths, nodeId);
  const told = startTold({ delivery: kept.delivery, seen }, (version) =>
    writeSeen(paths, { nodeId, version }),
  );
  if (kept.damage !== null) log(kept.damage);
  /** Removed from the cluster: what is left to do is to end. */
  let hasLeft = false;

  const loop = createLoop(onePass, log);
  const waits = createWaits();
  const beating = startBeating({
    delayMs: Number(told.delivery?.view.settings.cluster?.['heartbeat.delay'] ?? 0) * 1000,
    everyMs: () => told.delivery?.view.heartbeatMs ?? null,
    beat: () => beat(false),
    signal,
  });
  const link = linkToCluster({
    identity,
    instance: context.bootId,
    onWake: loop.wake,
    onNews: told.hear,
    onUp: () => {
      beating.now();
      loop.wake();
    },
    onAsk: async (what) => {
      if (what === 'status') return (await reporter.now()) as unknown as Json;
      if (what === 'addresses') return [...(await whereabouts()).addresses];
      throw refuse('NOT_FOUND', `nodes do not answer '${what}'`);
    },
    onStatus: log,
  });
  using remembered = lastStatus(paths, () => {
    const params = { all: false, live: false };
    return link.ask('status', { id: '', params }, STATUS_MS);
  });
  const exports = await exportKeeper(paths, link);
  const reporter = startReporter({ context, identity, told, link, exports, waits, log });
  const updates = await updateKeeper(context, told.delivery, log);
  const sockets = await serveSockets(paths, answer);
  using _watch = watchProcesses(paths, () => {
    // Its data may have come, and then it started by itself.
    if (reporter.last?.failures.some(({ code }) => code === 'DATA_MISSING')) loop.wake();
    void reporter.tell();
  });
  using _peers = watchDeadPeers(backends, log);
  loop.wake();
  await loop.until(signal);
  beating.end();
  await told.end();
  if (await isHalting(paths)) beat(true);
  sockets.close();
  await link.close();

  /** Throws only what makes a later pass necessary, and what nobody was told of is told here. */
  async function onePass(): Promise<void> {
    try {
      await lookAtAll();
      waits.note('make-pass', null);
    } catch (error) {
      waits.note('make-pass', error instanceof Reported ? null : error);
      if (!(error instanceof Reported)) {
        const failure = { kind: 'make-pass', process: AGENT, ...toErrorRecord(error) } as const;
        await reporter.tellBroken(failure);
      }
      throw error;
    }
  }

  async function lookAtAll(): Promise<void> {
    await updates.take(told.delivery);
    const failure = await takeView();
    if (hasLeft) return;
    waits.note('fetch-view', failure);
    const { delivery, refused } = told;
    if (delivery === null) {
      const why = failure ?? refuse('CONTROLLER_AWAY', 'this node has not been told anything yet');
      throw new Reported(why.toJSON(), { cause: why });
    }
    const { report, spec } = await pass(context, delivery, refused, (part) => {
      void reporter.tell(part);
    });
    const unkept = refused === null ? await exports.keep(delivery.view) : null;
    if (unkept !== null) report.failures.push(unkept);
    report.failures.push(...waits.failures());
    await reporter.tell(report);
    for (const step of report.steps) {
      log(`${step.kind} ${step.process}: ${step.failed ? 'failed' : 'done'} in ${step.ms} ms`);
    }
    for (const { process, message, why } of report.failures) {
      log(`${process}: ${message}${why === undefined ? '' : `: ${why}`}`);
    }
    await updates.note(delivery, spec, report.failures);
    if (report.failures.length > 0) throw new Reported(report.failures[0]!);
    // Found after all: what needs it is not done yet.
    if (report.steps.some(({ kind }) => kind === 'find-data')) loop.wake();
    // Somebody woke this node for a view that it did not get: do not wait for the next resync.
    if (failure !== null && link.connected)
      throw new Reported(failure.toJSON(), { cause: failure });
  }

  /** Fetches the view and puts it on disk before anything follows from it. Returns why it could not. */
  async function takeView(): Promise<KatoError | null> {
    try {
      const fetched = await link.fetchView(told);
      if (told.judge(fetched) !== 'news') return null;
      const { address } = fetched.delivery!.view.node;
      if (address !== identity.address) onMoved(address);
      else await keep(fetched.delivery!);
      return null;
    } catch (error) {
      if (!(error instanceof KatoError) || error instanceof Reported) throw error;
      if (await removedFor(error)) return null;
      return error;
    }
  }

  /** What cannot be kept is not acted on: the next boot would undo it. The report says so. */
  async function keep(given: Delivery): Promise<void> {
    const fetched = withLostKeys(given, told.delivery?.secrets ?? {}, context.catalogue);
    const { version } = fetched.view;
    try {
      await writeLedger(paths, fetched);
    } catch (error) {
      const failure = { kind: 'keep-ledger', process: AGENT, ...toErrorRecord(error) } as const;
      await reporter.tellBroken(failure, version);
      throw new Reported(failure, { cause: error });
    }
    const wasMs = told.delivery?.view.heartbeatMs ?? Number.POSITIVE_INFINITY;
    told.hold(fetched);
    // By the old interval the next sign of life may come too late.
    if (fetched.view.heartbeatMs < wasMs) beating.now();
  }

  /** Only the cluster's own word makes a node stop its roles, never a refused key alone. */
  async function removedFor(error: KatoError): Promise<boolean> {
    if (error.code !== 'UNKNOWN_NODE' && error.code !== 'NOT_ALLOWED') return false;
    // The core has what no other machine has, and is never removed: it would be a mistake.
    if (isOfCore(identity)) return false;
    if (!(await link.wasRemoved())) return false;
    log('this node was removed from the cluster: stopping its roles');
    hasLeft = true;
    reporter.end();
    told.forget();
    await leaveCluster(context, identity, link.sayStopped);
    return true;
  }

  /** Whatever an nginx here sends requests to. */
  function backends(): string[] {
    const pools = told.delivery?.view.pools ?? [];
    return pools.flatMap(({ members }) => members.map(({ address }) => address));
  }

  async function answer(request: SocketRequest): Promise<Json> {
    if (hasLeft) throw removedNow(identity);
    if (request.operation === 'agent.info') return agentInfo(context, identity, told, link);
    try {
      const body = { id: request.id, params: request.params };
      const reply = await link.ask(request.operation, body, request.timeoutMs);
      if (request.operation !== 'status') return reply;
      void remembered.keep(reply).catch(() => undefined);
      return waits.warned(reply as unknown as Status, identity.name) as unknown as Json;
    } catch (error) {
      if (request.operation !== 'status' || !isAway(error)) throw error;
      if (told.delivery === null) throw damageTold(error, kept.damage);
      const refused = link.reason?.code === 'NOT_ALLOWED' ? link.reason : error;
      const status = await remembered.recall(told.delivery.view, await reporter.now(), refused);
      return status as unknown as Json;
    }
  }

  function beat(leaving: boolean): void {
    const { seen: version, have } = told;
    link.beat({ version, leaving, ...(have === undefined ? {} : { have }) });
  }
}

const STATUS_MS = 5000;

/** In a report, or in what the agent waits for. */
class Reported extends KatoError {}
