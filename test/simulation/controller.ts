import { controllerKeysOf, createIdentity } from '../../src/bus/identity.ts';
import { CONTROLLER } from '../../src/bus/subjects.ts';
import type { Clock } from '../../src/controller/clock.ts';
import { runController } from '../../src/controller/controller.ts';
import type { Doors } from '../../src/controller/doors/doors.ts';
import type { Lanes } from '../../src/controller/doors/lanes.ts';
import type { Live } from '../../src/controller/state/live.ts';
import { KatoError } from '../../src/domain/base/error.ts';
import type { ErrorCode } from '../../src/domain/base/error-codes.ts';
import { catalogue, NOW } from '../support/clusters.ts';
import { type Connection, connectTo } from './connection.ts';
import { createMember, type Member } from './member.ts';
import type { Server } from './server.ts';
import { type SimulatedStore, storeOn } from './store.ts';
import type { Chance, Time } from './time.ts';

/** Of today, which tells contents apart. */
export const KATO = '0.2.0';
/** As whom all of them speak. */
const { seed: SEED } = createIdentity();
export const KEYS = controllerKeysOf(SEED);
export const START_MS = Date.parse(NOW);
const AGAIN_MS = 1000;
const AGAIN: Partial<Record<ErrorCode, true>> = { BUS_AWAY: true, TIMEOUT: true };

export interface SimulatedController {
  readonly name: string;
  readonly member: Member;
  /** What it knows; null until it has begun. */
  readonly live: Live | null;
  /** What it logged in all its lives. */
  readonly logged: readonly string[];
  /** After the next change of the document that lands, it is gone before it says so. */
  crashAfterWrite: boolean;
}

/** What a controller has of the bus in one life. */
interface Life {
  connections: Record<keyof Lanes, Connection>;
  store: SimulatedStore | null;
  onUp(lane: keyof Lanes): void;
}

/** The real controller, with time and bus made up. */
export function createController(
  name: string,
  { server, time, chance }: { server: Server; time: Time; chance: Chance },
): SimulatedController {
  let life: Life | null = null;
  let live: Live | null = null;
  const logged: string[] = [];
  const member = createMember({
    ...{ name, time, chance },
    busIsUp: () => server.up,
    onConnect: (again) => {
      if (!again || life === null) return begin();
      for (const [lane, connection] of Object.entries(life.connections)) {
        connection.resubscribe();
        life.onUp(lane as keyof Lanes);
      }
      life.store?.resync();
    },
  });
  const controller: SimulatedController = {
    name,
    member,
    logged,
    get live() {
      return live;
    },
    crashAfterWrite: false,
  };
  server.members.push(member);
  return controller;

  function begin(): void {
    live = null;
    let heardMs = 0;
    const connect = () => connectTo(server, member, CONTROLLER);
    const beats = connect();
    const heard: Connection = {
      ...beats,
      get connected() {
        return member.connected;
      },
      rtt: async () => {
        const askedMs = time.nowMs;
        const took = await beats.rtt();
        heardMs = askedMs;
        return took;
      },
    };
    const connections = {
      control: connect(),
      nodes: connect(),
      beats: heard,
      strangers: connect(),
    };
    const own: Life = { connections, store: null, onUp: () => undefined };
    life = own;
    const doors: Doors = {
      clock: clockOf(name, { member, time, chance }),
      keys: KEYS,
      connect: async (onUp) => {
        own.onUp = onUp;
        return connections;
      },
      openStore: async () => {
        own.store = storeOn(server, member, { heardMs: () => heardMs, onLanded });
        return own.store;
      },
      serve: async (on) => {
        live = on.live;
        return { closed: async () => undefined };
      },
    };
    const log = (line: string) => logged.push(`${name} at ${time.nowMs} ms: ${line}`);
    // A killed one is never told: it is just not called any more.
    const { signal } = new AbortController();
    runController({ seed: SEED, doors, catalogue, kato: KATO, log, signal }).catch(
      (error: unknown) => {
        // As the supervisor does: it begins anew where the bus went away while it began.
        if (!(error instanceof KatoError && error.code in AGAIN)) log(`ended: ${error}`);
        if (life !== own) return;
        member.kill();
        time.after(AGAIN_MS, member.start);
      },
    );
  }

  function onLanded(bucket: string): void {
    if (bucket !== 'cluster' || !controller.crashAfterWrite) return;
    controller.crashAfterWrite = false;
    member.kill();
    time.after(chance.between(500, 3000), member.start);
  }
}

function clockOf(
  name: string,
  { member, time, chance }: { member: Member; time: Time; chance: Chance },
): Clock {
  let ids = 0;
  const epochMs = (): number => START_MS + time.nowMs;
  const after = (ms: number, act: () => void): (() => void) => {
    let isTakenBack = false;
    member.later(ms, () => isTakenBack || act());
    return () => {
      isTakenBack = true;
    };
  };
  return {
    nowMs: () => time.nowMs,
    epochMs,
    at: () => new Date(epochMs()).toISOString(),
    after,
    every: (ms, act) => {
      let isOver = false;
      const next = (): void => {
        after(ms, () => {
          if (isOver) return;
          act();
          next();
        });
      };
      next();
      return () => {
        isOver = true;
      };
    },
    random: chance.next,
    newId: () => `${name}-${time.nowMs}-${++ids}`,
  };
}
