import type { Store } from '../bus/store/store.ts';
import type { Subject } from '../bus/subjects.ts';
import { KatoError } from '../domain/base/error.ts';
import { meter, type Rate } from '../domain/base/rate.ts';
import type { Node } from '../domain/document/cluster.ts';
import type { Report } from '../domain/making/step.ts';
import type { Catalogue } from '../domain/roles/role.ts';
import { isServer } from '../domain/roles/roles.ts';
import { nodeConfirm } from '../operations/nodes.ts';
import type { Knowledge } from '../operations/operation.ts';
import { dropAbandonedJoins } from './abandoned.ts';
import { type Clock, pause } from './clock.ts';
import type { Doors } from './doors/doors.ts';
import { createIntake } from './doors/intake.ts';
import { closeLanes, type Lanes } from './doors/lanes.ts';
import { answerRequests } from './doors/requests.ts';
import { followAnnouncements } from './hearing/announcements.ts';
import { type Heartbeat, watchLiveness } from './hearing/liveness.ts';
import { followRolls } from './rolls.ts';
import { createChanges } from './state/changes.ts';
import { contentsKeeper, followSecrets } from './state/contents.ts';
import { recordEnds } from './state/ends.ts';
import { knowledgeOf, sharedRounds } from './state/knowledge.ts';
import { guardLineage } from './state/lineage-guard.ts';
import { createLive } from './state/live.ts';
import { keepRecords } from './state/records.ts';
import { followObserved } from './state/reports.ts';
import { wakeNodes } from './wake.ts';

/** The cluster's API: checks who asks, decides, writes, records, watches who is alive. Until `signal`. */
export async function runController(options: {
  /** Of the controllers' identity on the bus: a secret. */
  seed: string;
  doors: Doors;
  catalogue: Catalogue;
  /** Version of this kato. */
  kato: string;
  log(line: string): void;
  signal: AbortSignal;
}): Promise<void> {
  const { seed, doors, catalogue, kato, log, signal } = options;
  const { clock, keys: controllerKeys } = doors;
  const confirming = meter();
  const onUp: { [lane in keyof Lanes]?: () => void } = {};
  const lanes = await doors.connect((lane) => onUp[lane]?.(), signal);
  if (lanes === null) return;
  const bus = lanes.control;
  const store = await doors.openStore(bus);
  await stateIsThere(store, clock, log, signal);
  await upgraded(store);
  const live = createLive(clock);
  const guard = guardLineage(store, live, seed);
  const records = keepRecords(store, clock);
  const intake = createIntake(live, onDropped);
  const askNodes = sharedRounds(bus, live);
  const contents = contentsKeeper({ live, catalogue, controllerKeys, seed, kato });
  const knowledge = (): Knowledge =>
    knowledgeOf({
      ...{ bus, store, live, catalogue, controllerKeys, kato, announcements, contents, signal },
      ...{ askNodes, catchUp: guard.catchUp },
    });
  const changes = createChanges({ store, live, guard, catalogue, records, knowledge });

  const [reports] = await Promise.all([
    followObserved({ store, live, onReport }),
    followSecrets(store, live),
  ]);
  const announcements = followAnnouncements({
    ...{ bus: lanes.strangers, store, live, intake, catalogue, seed, log, signal },
  });
  await store.watchCluster(guard.tell);
  // Before anybody is woken, who would ask at once.
  answerRequests({ lanes, live, intake, changes, records, reports, knowledge, signal });
  const waker = wakeNodes({ bus, live, contents, log });
  const onHeartbeat = (nodeId: string, beat: Heartbeat): void => {
    if (beat.version !== null) guard.saw(beat.version);
    waker.repair(nodeId, beat);
  };
  const liveness = watchLiveness({
    ...{ bus: lanes.beats, store, live, catalogue, onHeartbeat, signal },
    admit: intake.admit,
  });
  onUp.control = () => {
    guard.restart();
    void upgraded(store);
  };
  onUp.beats = liveness.restart;
  onUp.strangers = announcements.restart;
  const abandoned = dropAbandonedJoins(live, changes);
  const rolls = followRolls(live, changes, knowledge);
  const ends = recordEnds(live, store, knowledge);
  // What they told while no controller was there, or one of before, which drew no such conclusions.
  for (const [id, report] of live.reports) {
    const node = live.document?.cluster.nodes[id];
    if (node !== undefined) confirm(node, report);
  }
  const served = await doors.serve({ live, bus, records }, signal);
  await aborted(signal);
  await served.closed();
  abandoned.close();
  rolls.close();
  ends.close();
  liveness.close();
  announcements.close();
  waker.close();
  intake.close();
  await records.close();
  await closeLanes(lanes);

  function onReport(node: Node, report: Report): void {
    guard.saw(report.seen ?? report.version);
    confirm(node, report);
    if (isServer(catalogue, node)) liveness.judge();
  }

  /**
   * A node that shows its own key is no longer pending; its version and catalogue are noted, and holds of
   * an earlier boot are over.
   */
  function confirm(node: Node, report: Report): void {
    const same =
      node.version === report.kato && String(node.catalogue) === String(report.catalogue);
    const isHeldStill = Object.values(node.held).every((boot) => boot === report.bootId);
    if (node.pendingUntil === null && same && isHeldStill) return;
    if (!confirming.takes(node.id, CONFIRMED, 1, clock.nowMs())) return;
    const params = { node: node.id, version: report.kato, catalogue: report.catalogue };
    const asker = { by: node, who: node.name, asker: node.id };
    changes
      .perform({ operation: nodeConfirm, params, id: clock.newId(), ...asker })
      .catch(() => undefined);
  }

  /** In the history, so that a person sees who floods. */
  function onDropped({ kind, who }: Subject, count: number): void {
    const by = live.document?.cluster.nodes[who]?.name ?? (kind === 'join' ? kind : who);
    const at = clock.at();
    const operation = kind === 'op' ? 'request' : kind;
    records.refused({ at, by, operation, params: null }, 'BUSY', who, count);
  }
}

/** A node has another version once in a while, and may have to be confirmed again soon after it joined. */
const CONFIRMED: Rate = { burst: 5, perSecond: 0.1 };
const STATE_POLL_MS = 100;

/**
 * A controller never creates the document: it waits for setup, or for a recovery. VERSION for one
 * that a newer kato wrote: waiting would not help.
 */
async function stateIsThere(
  store: Store,
  clock: Clock,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let told = false;
  while (!signal.aborted) {
    // While the bus is away nobody knows what it has.
    const state = await store.readCluster().catch((error: unknown) => {
      if (error instanceof KatoError && error.code === 'VERSION') throw error;
      return undefined;
    });
    if (state !== null && state !== undefined) return;
    if (state === null && !told) {
      log('the bus has loaded no state of a cluster: on the core, df -h shows its disk');
      told = true;
    }
    await pause(clock, STATE_POLL_MS);
  }
}

/** What cannot be made now is made when the bus is back; until then it is not kept. */
async function upgraded(store: Store): Promise<void> {
  await store.upgradeState().catch((error: Error) => process.emitWarning(error));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
