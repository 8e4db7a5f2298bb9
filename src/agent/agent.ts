import { isAway, KatoError, refuse, toErrorRecord } from '../domain/base/error.ts';
import type { Json } from '../domain/document/cluster.ts';
import { isOfCore } from '../domain/nodes/standing.ts';
import { isServer } from '../domain/roles/roles.ts';
import type { Status } from '../domain/telling/status.ts';
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
import { whereabouts } from '../operations/local/whereabouts.ts';
import { withLostKeys } from '../operations/secrets.ts';
import { watchBackends, withoutUnreachable } from './backends.ts';
import { startBeating } from './beats.ts';
import { linkToCluster } from './cluster-link.ts';
import { agentInfo } from './doors/info.ts';
import { damageTold, lastStatus } from './doors/last-status.ts';
import { type SocketRequest, serveSockets } from './doors/sockets.ts';
import { exportKeeper } from './kept-export.ts';
import { startLanes } from './lanes/lanes.ts';
import { watchUnits } from './lanes/watch-units.ts';
import { leaveCluster, removedNow } from './leaving/farewell.ts';
import { sayGoodbye } from './leaving/goodbye.ts';
import { untilReleased } from './leaving/released.ts';
import type { PassContext } from './look.ts';
import { createLoop } from './loop.ts';
import { keepTime } from './node-time.ts';
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

  using goodbye = sayGoodbye(paths, {
    beat,
    serves: () => told.delivery !== null && isServer(context.catalogue, told.delivery.view.node),
    released: (waitMs) => link.released({ process: null, revision: null }, waitMs),
    log,
  });
  const loop = createLoop(onePass, log);
  const waits = createWaits();
  const beating = startBeating({
    delayMs: Number(told.delivery?.view.settings.cluster?.['heartbeat.delay'] ?? 0) * 1000,
    everyMs: () => told.delivery?.view.heartbeatMs ?? null,
    beat: () => beat(goodbye.isLeaving),
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
  using backends = watchBackends(() => told.delivery?.view, loop.wake, log);
  const exports = await exportKeeper(paths, link);
  const updates = await updateKeeper(context, told.delivery, log);
  const lanes = startLanes(context, {
    onChange: () => void reporter.tell(),
    onDone: (delivery, spec, failures) => updates.note(delivery, spec, failures),
    onRetry: loop.wake,
    leave: ({ process, revision, seconds }, interrupted) =>
      untilReleased((ms) => link.released({ process, revision }, ms), seconds, interrupted),
    log,
  });
  const reporter = startReporter({
    context,
    identity,
    told,
    lanes,
    link,
    exports,
    backends,
    waits,
    log,
  });
  const sockets = await serveSockets(paths, answer);
  using _watch = watchUnits(paths, lanes, {
    wake: loop.wake,
    tell: () => void reporter.tell(),
  });
  loop.wake();
  await loop.until(signal);
  beating.end();
  await told.end();
  if (await isHalting(paths)) beat(true);
  // The last: a step may take longer than an agent is waited for.
  await lanes.end();
  sockets.close();
  await link.close();

  /** Throws what makes a later look necessary. */
  async function onePass(): Promise<void> {
    try {
      await lookAtAll();
      waits.note('make-pass', null);
    } catch (error) {
      const since = told.delivery?.view.version.revision;
      waits.note('make-pass', error instanceof Reported ? null : error, since);
      throw error;
    } finally {
      void reporter.tell();
    }
  }

  async function lookAtAll(): Promise<void> {
    if (hasLeft) return leaveCluster(context, identity, link, log);
    // Once it is worked on, what this kato writes otherwise is part of that.
    if (lanes.delivery === null) await updates.take(told.delivery);
    const failure = await takeView();
    if (hasLeft) return;
    waits.note('fetch-view', failure);
    const { delivery } = told;
    if (delivery === null) {
      const why = failure ?? refuse('CONTROLLER_AWAY', 'this node has not been told anything yet');
      throw new Reported(why.toJSON(), { cause: why });
    }
    // Begun before anything is told of this view: nobody is to hear that it is done without it.
    const keeping = told.refused === null ? exports.keep(delivery.view) : null;
    await lanes.take(withoutUnreachable(delivery, backends.out));
    // No more: what follows is of this look.
    waits.note('make-pass', null);
    const unkept = await keeping;
    waits.note('keep-export', unkept);
    // Somebody woke this node for what it did not get: do not wait for the next resync.
    const missed = unkept ?? (link.connected ? failure : null);
    if (missed !== null) throw new Reported(missed.toJSON(), { cause: missed });
  }

  /** Fetches the view and puts it on disk before anything follows from it. Returns why it could not. */
  async function takeView(): Promise<KatoError | null> {
    try {
      const offer = await told.ask(link.fetchView);
      if (told.unkept === null) waits.note('keep-ledger', null);
      if (offer === null) return null;
      const { address } = offer.view.node;
      if (address !== identity.address) onMoved(address);
      else await keep(offer);
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
    try {
      await writeLedger(paths, fetched);
    } catch (error) {
      told.leave(fetched);
      waits.note('keep-ledger', error, fetched.view.version.revision);
      throw new Reported(toErrorRecord(error), { cause: error });
    }
    waits.note('keep-ledger', null);
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
    if ((await link.removed())?.removed !== true) return false;
    log('this node was removed from the cluster: stopping its roles');
    hasLeft = true;
    reporter.end();
    await lanes.end();
    told.forget();
    await leaveCluster(context, identity, link, log);
    return true;
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
