import type { Chance, Clock } from './time.ts';

const DELAY_MS_MAX = 60;
/** Who has not answered the pings of the bus for so long is given up by it. */
const STALE_MS = 15_000;
/** Part of the connections that do not survive even a short cut. */
const BROKEN_BY_CUT = 0.3;

/** A program with a connection to the bus: it can be frozen, killed, and cut off. */
export interface Member {
  /** Running, connected and not cut off. */
  readonly well: boolean;
  /** Acts later, unless it was killed meanwhile; a frozen one acts when it is thawed. */
  later(ms: number, act: () => void): void;
  /** Says something to the bus, which hears it in the order it was said. */
  send(atBus: () => void): void;
  /** The bus says something to it. */
  receive(act: () => void): void;
  /** Asks the bus. `null` when no answer came in time: it may have happened all the same. */
  ask<T>(timeoutMs: number, atBus: () => T, done: (answer: T | null) => void): void;
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
  clock: Clock;
  chance: Chance;
  /** Whether somebody listens. */
  busIsUp(): boolean;
  /** Connected, for the first time in this life or again. */
  onConnect(again: boolean): void;
}

export function createMember({ clock, chance, busIsUp, onConnect }: MemberOptions): Member {
  let life = 0;
  let state: 'up' | 'frozen' | 'down' = 'down';
  let connection = 0;
  let connected = false;
  let cutSinceMs: number | null = null;
  let frozenSinceMs = 0;
  const latestMs = { in: 0, out: 0 };
  let timers: (() => void)[] = [];
  let messages: (() => void)[] = [];
  let held: (() => void)[] = [];

  /** In order; held while the cable is out, lost when the connection ends. */
  const travel = (way: 'in' | 'out', arrive: () => void): void => {
    if (!connected) return;
    const [of, over] = [life, connection];
    latestMs[way] = Math.max(latestMs[way], clock.nowMs + chance.between(1, DELAY_MS_MAX));
    clock.after(latestMs[way] - clock.nowMs, () => {
      if (of !== life || over !== connection) return;
      if (cutSinceMs === null) arrive();
      else held.push(arrive);
    });
  };
  const connect = (again: boolean): void => {
    const of = life;
    clock.after(chance.between(100, 400), () => {
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
    connect(true);
  };
  const member: Member = {
    get well() {
      return state === 'up' && connected && cutSinceMs === null;
    },
    drop,
    later: (ms, act) => {
      const of = life;
      clock.after(ms, () => {
        if (of !== life) return;
        if (state === 'frozen') timers.push(act);
        else act();
      });
    },
    send: (atBus) => travel('out', atBus),
    receive: (act) =>
      travel('in', () => {
        if (state === 'frozen') messages.push(act);
        else act();
      }),
    ask: (timeoutMs, atBus, done) => {
      let over = false;
      const end = (answer: Parameters<typeof done>[0]): void => {
        if (!over) done(answer);
        over = true;
      };
      member.send(() => {
        const answer = atBus();
        member.receive(() => end(answer));
      });
      member.later(timeoutMs, () => end(null));
    },
    freeze: () => {
      if (state !== 'up') return;
      state = 'frozen';
      frozenSinceMs = clock.nowMs;
    },
    thaw: () => {
      if (state !== 'frozen') return;
      state = 'up';
      for (const act of timers.splice(0)) act();
      if (clock.nowMs - frozenSinceMs > STALE_MS) drop();
      for (const act of messages.splice(0)) act();
    },
    cut: () => {
      cutSinceMs ??= clock.nowMs;
    },
    heal: () => {
      if (cutSinceMs === null) return;
      const lost = clock.nowMs - cutSinceMs > STALE_MS || chance.next() < BROKEN_BY_CUT;
      cutSinceMs = null;
      if (lost) drop();
      for (const arrive of held.splice(0)) arrive();
    },
    kill: () => {
      life++;
      state = 'down';
      connected = false;
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
