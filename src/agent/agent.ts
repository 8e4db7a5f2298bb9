import { isAway, KatoError, refuse, toErrorRecord } from '../domain/base/error.ts';
import { accepts } from '../domain/document/acceptance.ts';
import type { Json } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import { isOfCore } from '../domain/nodes/standing.ts';
import type { Status } from '../domain/telling/status.ts';
import type { Version } from '../domain/views/view.ts';
import { AGENT } from '../machine/disk/places.ts';
import { watchDeadPeers } from '../machine/network/dead-peers.ts';
import { isHalting } from '../machine/node/halting.ts';
import {
  type Delivery,
  type NodeIdentity,
  takeLedger,
  writeLedger,
} from '../machine/node/ledger.ts';
import { sweepLeftovers } from '../machine/s6/leftovers.ts';
import { lostLines } from '../machine/s6/lost-lines.ts';
import { watchProcesses } from '../machine/s6/watch.ts';
import { whereabouts } from '../operations/local/whereabouts.ts';
import { startBeating } from './beats.ts';
import { linkToCluster } from './cluster-link.ts';
import { leaveCluster, removedNow } from './farewell.ts';
import { agentInfo } from './info.ts';
import { exportKeeper } from './kept-export.ts';
import { damageTold, lastStatus } from './last-status.ts';
import { createLoop } from './loop.ts';
import { keepTime } from './node-time.ts';
import { describeNow, type PassContext, pass } from './pass.ts';
import { type SocketRequest, serveSockets } from './sockets.ts';
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
  let delivery: Delivery | null = kept.delivery;
  if (kept.damage !== null) log(kept.damage);
  let refusedView: Version | null = null;
  let last: Report | null = null;
  /** Removed from the cluster: what is left to do is to end. */
  let hasLeft = false;

  const loop = createLoop(onePass, log);
  const waits = createWaits();
  const beating = startBeating({
    delayMs: Number(delivery?.view.settings.cluster?.['heartbeat.delay'] ?? 0) * 1000,
    everyMs: () => delivery?.view.heartbeatMs ?? null,
    beat: () => beat(false),
    signal,
  });
  const link = linkToCluster({
    identity,
    instance: context.bootId,
    onWake: loop.wake,
    onUp: () => {
      beating.now();
      loop.wake();
    },
    onAsk: async (what) => {
      if (what === 'status') return (await reportNow()) as unknown as Json;
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
  const updates = await updateKeeper(context, delivery, log);
  const sockets = await serveSockets(paths, answer);
  using _watch = watchProcesses(paths, () => {
    // Its data may have come, and then it started by itself.
    if (last?.failures.some(({ code }) => code === 'DATA_MISSING')) loop.wake();
    void tell();
  });
  using _peers = watchDeadPeers(backends, log);
  loop.wake();
  await loop.until(signal);
  beating.end();
  if (await isHalting(paths)) beat(true);
  sockets.close();
  await link.close();

  /** One look at everything. Throws only what makes a later pass necessary. */
  async function onePass(): Promise<void> {
    await updates.take(delivery);
    const failure = await takeView();
    if (hasLeft) return;
    waits.note('fetch-view', failure);
    if (delivery === null) {
      throw failure ?? refuse('CONTROLLER_AWAY', 'this node has not been told anything yet');
    }
    const { report, spec } = await pass(context, delivery, refusedView, (part) => void tell(part));
    const unkept = refusedView === null ? await exports.keep(delivery.view) : null;
    if (unkept !== null) report.failures.push(unkept);
    report.failures.push(...waits.failures());
    await tell(report);
    for (const step of report.steps) {
      log(`${step.kind} ${step.process}: ${step.failed ? 'failed' : 'done'} in ${step.ms} ms`);
    }
    for (const { process, message, why } of report.failures) {
      log(`${process}: ${message}${why === undefined ? '' : `: ${why}`}`);
    }
    await updates.note(delivery, spec, report.failures);
    if (report.failures.length > 0) throw new KatoError(report.failures[0]!);
    // Found after all: what needs it is not done yet.
    if (report.steps.some(({ kind }) => kind === 'find-data')) loop.wake();
    // Somebody woke this node for a view that it did not get: not to be left to the next resync.
    if (failure !== null && link.connected) throw failure;
  }

  /** Fetches the view and puts it on disk before anything follows from it. Returns why it could not. */
  async function takeView(): Promise<KatoError | null> {
    try {
      const fetched = await link.fetchView(delivery);
      if (fetched === null) {
        refusedView = null;
        return null;
      }
      const offered = fetched.view.version;
      if (delivery !== null && !accepts(delivery.view.version, offered)) {
        refusedView = offered;
        return null;
      }
      refusedView = null;
      const { address } = fetched.view.node;
      if (address !== identity.address) onMoved(address);
      else await keep(fetched);
      return null;
    } catch (error) {
      if (!(error instanceof KatoError) || error instanceof LedgerNotKept) throw error;
      if (await removedFor(error)) return null;
      return error;
    }
  }

  /** What cannot be kept is not acted on: the next boot would undo it. The report says so. */
  async function keep(fetched: Delivery): Promise<void> {
    const { version } = fetched.view;
    try {
      await writeLedger(paths, fetched);
    } catch (error) {
      const failure = { kind: 'keep-ledger', process: AGENT, ...toErrorRecord(error) } as const;
      const before = last ?? (await firstReport());
      if (before !== null) await tell({ ...before, version, steps: [], failures: [failure] });
      throw new LedgerNotKept(failure, { cause: error });
    }
    const wasMs = delivery?.view.heartbeatMs ?? Number.POSITIVE_INFINITY;
    delivery = fetched;
    // By the old interval the next sign of life may come too late.
    if (fetched.view.heartbeatMs < wasMs) beating.now();
  }

  /** Of a node that could not make a pass yet since its agent started. */
  async function firstReport(): Promise<Report | null> {
    if (delivery === null) return null;
    const now = await describeNow(context, delivery);
    return { ...now, steps: [], failures: [], refusedView: null, complete: false };
  }

  /** Only the cluster's own word makes a node stop its roles, never a refused key alone. */
  async function removedFor(error: KatoError): Promise<boolean> {
    if (error.code !== 'UNKNOWN_NODE' && error.code !== 'NOT_ALLOWED') return false;
    // The core has what no other machine has, and is never removed: it would be a mistake.
    if (isOfCore(identity)) return false;
    if (!(await link.wasRemoved())) return false;
    log('this node was removed from the cluster: stopping its roles');
    hasLeft = true;
    await leaveCluster(context, identity, link.sayStopped);
    return true;
  }

  async function reportNow(): Promise<Report> {
    if (last === null || delivery === null) {
      throw refuse(
        'NODE_UNREACHABLE',
        `the agent of ${identity.name} has only just started`,
        'it has not looked at its node yet',
        `run it again in a moment; where it stays so, on it: ${paths.log}/agent/current`,
      );
    }
    const { processes, at } = await describeNow(context, delivery);
    return { ...last, ...(await said()), processes, at };
  }

  /** What a report says beside the pass. */
  async function said(): Promise<Partial<Report>> {
    const lost = await lostLines(paths);
    return { ...exports.said, ...(lost === null ? {} : { lostLines: lost }) };
  }

  /** Reports what a pass did, or that a process changed by itself. The next report makes a loss good. */
  async function tell(report?: Report): Promise<void> {
    if (report !== undefined) last = report;
    if (last === null || hasLeft) return;
    try {
      await link.report(report ? { ...report, ...(await said()) } : await reportNow());
      waits.note('send-report', null);
    } catch (error) {
      if (error instanceof KatoError) waits.note('send-report', error);
      else log(`report: ${String(error)}`);
    }
  }

  /** Whatever an nginx here sends requests to. */
  function backends(): string[] {
    const pools = delivery?.view.pools ?? [];
    return pools.flatMap(({ members }) => members.map(({ address }) => address));
  }

  async function answer(request: SocketRequest): Promise<Json> {
    if (hasLeft) throw removedNow(identity);
    if (request.operation === 'agent.info') return agentInfo(context, identity, delivery, link);
    try {
      const body = { id: request.id, params: request.params };
      const reply = await link.ask(request.operation, body, request.timeoutMs);
      if (request.operation !== 'status') return reply;
      void remembered.keep(reply).catch(() => undefined);
      return waits.warned(reply as unknown as Status, identity.name) as unknown as Json;
    } catch (error) {
      if (request.operation !== 'status' || !isAway(error)) throw error;
      if (delivery === null) throw damageTold(error, kept.damage);
      const refused = link.reason?.code === 'NOT_ALLOWED' ? link.reason : error;
      const status = await remembered.recall(delivery.view, await reportNow(), refused);
      return status as unknown as Json;
    }
  }

  function beat(leaving: boolean): void {
    link.beat({ version: delivery?.view.version ?? null, leaving });
  }
}

const STATUS_MS = 5000;

class LedgerNotKept extends KatoError {}
