import type { Store } from '../../src/bus/store/store.ts';
import { type Changes, createChanges, type Performed } from '../../src/controller/state/changes.ts';
import {
  createLive,
  type Live,
  takeDocument,
  takeVerdicts,
} from '../../src/controller/state/live.ts';
import {
  type Hearing,
  hear,
  heardUntil,
  judgeAll,
  restartHearing,
  startHearing,
} from '../../src/domain/nodes/hearing.ts';
import { timingOf } from '../../src/domain/nodes/liveness.ts';
import { nextVerdicts } from '../../src/domain/nodes/verdicts.ts';
import { poolsOf } from '../../src/domain/traffic/pools.ts';
import type { View } from '../../src/domain/views/view.ts';
import { viewFor } from '../../src/domain/views/view-for.ts';
import type { Change, Knowledge } from '../../src/operations/operation.ts';
import { catalogue, NOW } from '../support/clusters.ts';
import type { SimulatedBus } from './bus.ts';
import { createMember, type Member } from './member.ts';
import type { Chance, Clock } from './time.ts';

const JUDGED_PER_INTERVAL = 4;
const STORE_MS = 1000;
const START_MS = Date.parse(NOW);

export interface Request {
  id: string;
  operation: Change;
  params: unknown;
}

export interface SimulatedController {
  name: string;
  member: Member;
  readonly live: Live;
  /** As long as it knows no document it answers nobody. */
  readonly ready: boolean;
  perform(request: Request): Promise<Performed>;
  view(node: string): View | null;
  /** After the next write that lands, the controller is gone before it says so. */
  crashAfterWrite: boolean;
}

/** A controller of the real decisions, with time and bus made up. */
export function createController(
  name: string,
  bus: SimulatedBus,
  clock: Clock,
  chance: Chance,
): SimulatedController {
  let live = createLive();
  let hearing: Hearing = startHearing(0);
  let changes: Changes = createChanges(changesOptions());
  let writing = false;
  let reading: Promise<void> = Promise.resolve();
  const member = createMember({
    clock,
    chance,
    busIsUp: () => bus.up,
    onConnect: (again) => {
      if (!again) begin();
      restartHearing(hearing, clock.nowMs);
      reading = new Promise((resolve) => read(resolve));
    },
  });
  const controller: SimulatedController = {
    name,
    member,
    crashAfterWrite: false,
    get ready() {
      return live.document !== null;
    },
    get live() {
      return live;
    },
    perform: ({ id, operation, params }) => {
      const by = bus.cluster.value.nodes.core!;
      return changes.perform({ id, operation, params, by, who: by.name, asker: by.id });
    },
    view: (node) => {
      if (live.document === null) return null;
      const { cluster } = live.document;
      const version = { ...live.document.version, proof: '' };
      const { verdicts } = live;
      const common = {
        controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
        catalogue,
        announced: [],
        at: NOW,
      };
      return viewFor({ cluster, version, verdicts, ...common }, node);
    },
  };
  bus.members.push(member);
  bus.listeners.push({
    member,
    onCluster: ({ value, entry }) => void takeDocument(live, value, entry),
    onVerdicts: ({ value, entry }) => takeVerdicts(live, value, entry),
    onBeat: (node) => {
      hear(hearing, node, false, clock.nowMs);
      if (live.verdicts.silent[node] !== undefined) judgeNow();
    },
  });
  return controller;

  function begin(): void {
    live = createLive();
    hearing = startHearing(clock.nowMs, live.signs);
    changes = createChanges(changesOptions());
    writing = false;
    tick();
  }

  /** All that the bus holds, as after each connection. */
  function read(done: () => void): void {
    const both = (): [typeof bus.cluster, typeof bus.verdicts] => [bus.cluster, bus.verdicts];
    member.ask(STORE_MS, both, (answer) => {
      if (answer === null) return read(done);
      takeDocument(live, answer[0].value, answer[0].entry);
      takeVerdicts(live, answer[1].value, answer[1].entry);
      done();
    });
  }

  function tick(): void {
    const timing = timingOf(bus.cluster.value);
    const askedMs = clock.nowMs;
    const answer = (): true => true;
    member.ask(STORE_MS, answer, (answered) => {
      if (answered === null) return;
      heardUntil(hearing, timing, askedMs);
      judgeNow();
    });
    member.later(timing.intervalMs / JUDGED_PER_INTERVAL, tick);
  }

  function judgeNow(): void {
    if (writing || live.document === null) return;
    const { cluster } = live.document;
    const alive = judgeAll(hearing, cluster, timingOf(cluster));
    const pools = poolsOf(cluster, catalogue, [], live.verdicts.outages);
    const verdicts = nextVerdicts(cluster, pools, live.verdicts, alive, START_MS + clock.nowMs);
    if (JSON.stringify(verdicts) === JSON.stringify(live.verdicts)) return;
    writing = true;
    const { verdictsEntry } = live;
    const writer = { by: name, heardMs: hearing.untilMs };
    const write = () => ({ entry: bus.replaceVerdicts(verdicts, verdictsEntry, writer) });
    member.ask(STORE_MS, write, (answer) => {
      writing = false;
      if (answer?.entry != null) takeVerdicts(live, verdicts, answer.entry);
    });
  }

  function changesOptions(): Parameters<typeof createChanges>[0] {
    const mine = live;
    const store: Pick<Store, 'writeCluster' | 'readCluster'> = {
      readCluster: () => asked(() => ({ cluster: bus.cluster.value, entry: bus.cluster.entry })),
      writeCluster: async (cluster, entry) => {
        const { landed } = await asked(() => {
          const entryNow = bus.replaceCluster(cluster, entry);
          if (entryNow !== null && controller.crashAfterWrite) {
            controller.crashAfterWrite = false;
            member.kill();
            clock.after(chance.between(500, 3000), member.start);
          }
          return { landed: entryNow };
        });
        return landed;
      },
    };
    const readBack = async (): Promise<void> => {
      const read = await store.readCluster();
      takeDocument(mine, read!.cluster, read!.entry);
    };
    const guard = {
      readBack,
      settled: () => reading,
      tell: () => undefined,
      saw: () => undefined,
      catchUp: async () => undefined,
      restart: () => undefined,
    };
    return {
      store: store as Store,
      live: mine,
      guard,
      catalogue,
      records: { done: async () => {}, refused: () => {} },
      // No node reports in a simulation; operations that ask for more than this are not simulated.
      knowledge: () => ({ reports: new Map() }) as Partial<Knowledge> as Knowledge,
    };
  }

  function asked<T>(atBus: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      member.ask(STORE_MS, atBus, (answer) => {
        if (answer === null) reject(new Error('the store did not answer'));
        else resolve(answer);
      });
    });
  }
}
