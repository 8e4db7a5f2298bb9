import { busAway } from '../../src/bus/failures.ts';
import { refuse } from '../../src/domain/base/error.ts';
import type { Chance, Time } from './time.ts';

const DELAY_MS_MAX = 60;
/** Who has not answered the pings of the bus for so long is given up by it. */
const STALE_MS = 15_000;
/** Part of the connections that do not survive even a short cut. */
const BROKEN_BY_CUT = 0.3;

/** A program with a connection to the bus: it can be frozen, killed, and cut off. */
export interface Member {
  readonly name: string;
  /** Running, connected and not cut off. */
  readonly well: boolean;
  /** As it sees it: a cut is not noticed at once. */
  readonly connected: boolean;
  /** Another one after each end; what the bus remembers of a connection ends with it. */
  readonly connection: number;
  /** Acts later, unless it was killed meanwhile; a frozen one acts when it is thawed. */
  later(ms: number, act: () => void): void;
  /** Says something to the bus, which hears it in the order it was said. */
  send(atBus: () => void): void;
  /** The bus says something to it. */
  receive(act: () => void): void;
  /**
   * Asks the bus, which may take its time. BUS_AWAY when the connection is not there or ends, TIMEOUT
   * after the limit: it may have happened all the same.
   */
  ask<T>(atBus: (answer: (value: T) => void) => void, limitMs?: number): Promise<T>;
  freeze(): void;
  thaw(): void;
  cut(): void;
  heal(): void;
  kill(): void;
  start(): void;
  /** The bus ends the connection. */
  drop(): void;
}

export interface MemberOptions {
  name: string;
  time: Time;
  chance: Chance;
  /** Whether somebody listens. */
  busIsUp(): boolean;
  /** Connected, for the first time in this life or again. */
  onConnect(again: boolean): void;
}

export function createMember(options: MemberOptions): Member {
  const { name, time, chance, busIsUp, onConnect } = options;
  let life = 0;
  let state: 'up' | 'frozen' | 'down' = 'down';
  let connection = 0;
  let connected = false;
  let cutSinceMs: number | null = null;
  let frozenSinceMs = 0;
  const latestMs = { in: 0, out: 0 };
  const asking = new Set<() => void>();
  let timers: (() => void)[] = [];
  let messages: (() => void)[] = [];
  let held: (() => void)[] = [];

  const actOrWait = (act: () => void): void => {
    if (state === 'frozen') timers.push(act);
    else act();
  };
  /** In order; held while the cable is out, lost when the connection ends. */
  const travel = (way: 'in' | 'out', arrive: () => void): void => {
    if (!connected) return;
    const [of, over] = [life, connection];
    latestMs[way] = Math.max(latestMs[way], time.nowMs + chance.between(1, DELAY_MS_MAX));
    time.after(latestMs[way] - time.nowMs, () => {
      if (of !== life || over !== connection) return;
      if (cutSinceMs === null) arrive();
      else held.push(arrive);
    });
  };
  const connect = (again: boolean): void => {
    const of = life;
    time.after(chance.between(100, 400), () => {
      if (of !== life) return;
      if (state !== 'up' || cutSinceMs !== null || !busIsUp()) return connect(again);
      connected = true;
      onConnect(again);
    });
  };
  const drop = (): void => {
    messages = [];
    held = [];
    if (!connected) return;
    connection++;
    connected = false;
    const ended = [...asking];
    asking.clear();
    actOrWait(() => {
      for (const end of ended) end();
    });
    connect(true);
  };
  const member: Member = {
    name,
    get well() {
      return state === 'up' && connected && cutSinceMs === null;
    },
    get connected() {
      return connected;
    },
    get connection() {
      return connection;
    },
    drop,
    later: (ms, act) => {
      const of = life;
      time.after(ms, () => {
        if (of === life) actOrWait(act);
      });
    },
    send: (atBus) => travel('out', atBus),
    receive: (act) =>
      travel('in', () => {
        if (state === 'frozen') messages.push(act);
        else act();
      }),
    ask: (atBus, limitMs) =>
      new Promise((resolve, reject) => {
        if (!connected) return reject(busAway());
        const end = (): void => reject(busAway());
        asking.add(end);
        member.send(() =>
          atBus((value) =>
            member.receive(() => {
              asking.delete(end);
              resolve(value);
            }),
          ),
        );
        if (limitMs === undefined) return;
        member.later(limitMs, () => {
          if (asking.delete(end)) reject(refuse('TIMEOUT', `no answer within ${limitMs} ms`));
        });
      }),
    freeze: () => {
      if (state !== 'up') return;
      state = 'frozen';
      frozenSinceMs = time.nowMs;
    },
    thaw: () => {
      if (state !== 'frozen') return;
      state = 'up';
      for (const act of timers.splice(0)) act();
      if (time.nowMs - frozenSinceMs > STALE_MS) drop();
      for (const act of messages.splice(0)) act();
    },
    cut: () => {
      cutSinceMs ??= time.nowMs;
    },
    heal: () => {
      if (cutSinceMs === null) return;
      const lost = time.nowMs - cutSinceMs > STALE_MS || chance.next() < BROKEN_BY_CUT;
      cutSinceMs = null;
      if (lost) drop();
      for (const arrive of held.splice(0)) arrive();
    },
    kill: () => {
      life++;
      connection++;
      state = 'down';
      connected = false;
      asking.clear();
      [timers, messages, held] = [[], [], []];
    },
    start: () => {
      if (state !== 'down') return;
      life++;
      connection++;
      state = 'up';
      connect(false);
    },
  };
  return member;
}
