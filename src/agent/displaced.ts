import { setTimeout as pause } from 'node:timers/promises';
import { isAway, KatoError, refuse } from '../domain/base/error.ts';
import type { Json } from '../domain/document/cluster.ts';
import {
  type Elsewhere,
  elsewhere,
  elsewhereHelp,
  elsewhereWarning,
} from '../domain/nodes/displaced.ts';
import { isAt, isOfCore, type Whereabouts } from '../domain/nodes/standing.ts';
import type { Status, Warning } from '../domain/telling/status.ts';
import { type Delivery, type NodeIdentity, readLedger, readSeen } from '../machine/node/ledger.ts';
import { likelyAddress, whereabouts } from '../operations/local/whereabouts.ts';
import type { DisplacedAnswer } from '../operations/moves.ts';
import { linkToCluster } from './cluster-link.ts';
import { agentInfo } from './doors/info.ts';
import { lastStatus } from './doors/last-status.ts';
import { type SocketRequest, serveSockets } from './doors/sockets.ts';
import { leaveCluster } from './leaving/farewell.ts';
import { describeNow, type PassContext } from './look.ts';
import { startTold } from './told.ts';

/** Between two looks at where the machine is, and two words to the cluster. */
const LOOK_EVERY_MS = 2000;
const STATUS_MS = 5000;

/** What a displaced machine knows of itself. */
interface Situation {
  where: Whereabouts;
  /** What others reach it at; null while it has no address. */
  address: string | null;
  /** What the cluster said last. */
  answer: DisplacedAnswer | null;
}

/**
 * The agent of a machine that is not at the address of the identity on its disk, or where the
 * cluster wants the node: the node itself may be alive. It changes nothing, sends no heartbeat, and
 * asks for no change; it reports to the cluster where it is, and tells local users what is wrong.
 * Ends when the machine is where it should be, with the address that the cluster knows; null at the
 * signal.
 */
export async function runDisplaced(
  context: PassContext,
  identity: NodeIdentity,
  given: string | null,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const { paths } = context;
  const delivery = await readLedger(paths).catch(() => null);
  const told = startTold(
    { delivery, seen: await readSeen(paths, identity.nodeId) },
    async () => undefined,
  );
  let situation = await situationNow(null);
  let woken = new AbortController();
  const link = linkToCluster({
    identity,
    instance: context.bootId,
    onWake: () => woken.abort(),
    onUp: () => woken.abort(),
    onStatus: log,
  });
  using remembered = lastStatus(paths, () => Promise.reject(refuse('BUS_AWAY', 'not asked')));
  const sockets = await serveSockets(paths, answer);
  log(`${message()}: nothing is done until that is settled`);
  const home = await untilHome();
  sockets.close();
  await link.close();
  return home;

  async function untilHome(): Promise<string | null> {
    while (!signal.aborted) {
      situation = await situationNow(await tell());
      if (isAt(identity, known(), situation.where)) return known();
      woken = new AbortController();
      const rest = AbortSignal.any([signal, woken.signal]);
      await pause(LOOK_EVERY_MS, undefined, { signal: rest }).catch(() => undefined);
    }
    return null;
  }

  async function situationNow(said: DisplacedAnswer | null): Promise<Situation> {
    const where = await whereabouts();
    // Where the cluster moved the node elsewhere: this one was its address, and is there.
    const isHere = where.addresses.includes(identity.address);
    const address = isHere ? identity.address : await likelyAddress(where);
    return { where, address, answer: said };
  }

  /** What the cluster says; as before while it cannot be asked. */
  async function tell(): Promise<DisplacedAnswer | null> {
    const { address, where, answer: before } = situation;
    if (address === null || !link.connected) return before;
    try {
      const { machineId } = where;
      const said = await link.tellDisplaced({ address, machineId });
      if (said.isOriginalAlive && before?.isOriginalAlive !== true) {
        log('the node itself is heard elsewhere: this machine is a copy');
      }
      return said;
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      const isRefused = error.code === 'UNKNOWN_NODE' || error.code === 'NOT_ALLOWED';
      if (isRefused && (await link.removed())?.removed === true) await leave();
      return before;
    }
  }

  /** As a node that was off when it was removed. What it says is not the node's own word. */
  async function leave(): Promise<void> {
    if (isOfCore(identity)) return;
    log('this node was removed from the cluster: stopping its roles');
    const told = { removed: link.removed, sayStopped: async () => undefined };
    await leaveCluster(context, identity, told, log);
  }

  async function answer({ operation, params, timeoutMs }: SocketRequest): Promise<Json> {
    if (operation === 'agent.info') return agentInfo(context, identity, told, link);
    if (operation === 'status') {
      const status = await statusNow(params, timeoutMs);
      return warned(status) as unknown as Json;
    }
    throw refuse(
      'CONFLICT',
      message(),
      'it does not speak for the node until that is settled',
      help(),
    );
  }

  async function statusNow(params: Json, timeoutMs: number): Promise<Status> {
    try {
      const limitMs = Math.min(timeoutMs, STATUS_MS);
      const reply = await link.ask('status', { id: '', params }, limitMs);
      void remembered.keep(reply).catch(() => undefined);
      return reply as unknown as Status;
    } catch (error) {
      if (!isAway(error) || delivery === null) throw error;
      const refused = link.reason?.code === 'NOT_ALLOWED' ? link.reason : error;
      return remembered.recall(delivery.view, await report(delivery), refused);
    }
  }

  async function report(known: Delivery) {
    const now = await describeNow(context, known);
    const seen = told.seen === null ? {} : { seen: told.seen };
    return { ...now, ...seen, steps: [], failures: [], refusedView: null, complete: true };
  }

  /** With what is wrong here first of all. Where the node itself lives, it is not the one that answers. */
  function warned(status: Status): Status {
    const own = warning();
    const others = status.warnings.filter(
      ({ code, node }) => code !== own.code || node !== own.node,
    );
    const isCopy = situation.answer?.isOriginalAlive === true;
    const nodes = isCopy ? status.nodes.map((node) => ({ ...node, self: false })) : status.nodes;
    return { ...status, warnings: [own, ...others], nodes };
  }

  function warning(): Warning {
    const { name } = identity;
    if (isOfCore(identity)) return { code: 'NODE_MOVED', message: message(), node: name };
    return elsewhereWarning({ name, address: known() }, machine());
  }

  function machine(): Elsewhere {
    const { address, where, answer } = situation;
    return elsewhere(identity.machineId, {
      address,
      holder: answer?.holder ?? null,
      machineId: where.machineId,
      isOriginalAlive: answer?.isOriginalAlive === true,
    });
  }

  /** Where the node is as far as the cluster is concerned. */
  function known(): string {
    return situation.answer?.address ?? given ?? identity.address;
  }

  function message(): string {
    const who = `${isOfCore(identity) ? 'the core' : 'node'} ${identity.name}`;
    const now = situation.address ?? 'no address';
    return `this machine has the identity of ${who}, which is at ${known()}; it has ${now}`;
  }

  function help(): string {
    if (isOfCore(identity)) return `give it ${known()} again`;
    return elsewhereHelp({ name: identity.name, address: known() }, machine());
  }
}
