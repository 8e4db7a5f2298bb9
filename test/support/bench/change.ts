import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Json } from '../../../src/domain/cluster.ts';
import type { Progress } from '../../../src/operations/status.ts';
import { between, type Crowd, gather } from './crowd.ts';
import { atMost, type Part, type Row, row } from './row.ts';
import { median, sorted } from './samples.ts';
import { cpuSeconds } from './usage.ts';

/** How often each is measured, and how many changes come one after the other. */
const RUNS = 3;
const IN_TURN = 20;
/** So long nothing but what goes on at rest: then it is over. */
const QUIET_MS = 1500;
const QUIET_LIMIT_MS = 60_000;
const LOOK_MS = 250;
const REST_MS = 10_000;

/** CPU seconds of the bus and of the controller. */
interface Used {
  bus: number;
  controller: number;
}

/** What a change of one node costs in a crowd. */
export const change: Part = async (tell) => {
  tell('change: a crowd of agents');
  const crowd = await gather();
  try {
    await quiet(crowd);
    tell(`change: all are up; ${REST_MS / 1000} s of rest`);
    const rest = await restOf(crowd);
    const plain = (i: number): string => `n${101 + 7 * i}`;
    tell('change: one role');
    const ones: Cost[] = [];
    for (let i = 0; i < RUNS; i++) ones.push(await costOf(crowd, rest, [plain(i)], 'memcached'));
    tell('change: twenty in turn');
    const many = Array.from({ length: IN_TURN }, (_, i) => plain(RUNS + i));
    const twenty = await costOf(crowd, rest, many, 'memcached');
    tell('change: a router joins 50');
    const routers: Cost[] = [];
    for (let i = 0; i < RUNS; i++) {
      routers.push(await costOf(crowd, rest, [plain(RUNS + IN_TURN + i)], 'router'));
    }
    return rowsOf(ones, twenty, routers);
  } finally {
    await crowd.end();
  }
};

interface Cost {
  used: Used;
  /** Each until it was acknowledged. */
  ackMs: number[];
  /** From the first request until the changed nodes have followed, and until all is quiet. */
  thereMs: number;
  /** What nodes did that were not asked for anything. */
  others: { wakes: number; asked: number; views: number; reports: number };
}

function rowsOf(ones: Cost[], twenty: Cost, routers: Cost[]): Row[] {
  const cpu = ({ used }: Cost): number => used.bus + used.controller;
  const middle = (costs: Cost[], value: (cost: Cost) => number): number =>
    median(sorted(costs.map(value)));
  const parts = (costs: Cost[]): string =>
    `bus ${middle(costs, ({ used }) => used.bus * 1000).toFixed(0)}, ` +
    `controller ${middle(costs, ({ used }) => used.controller * 1000).toFixed(0)} ms`;
  const { wakes, asked, views, reports } = ones[0]!.others;
  const others = wakes + asked + views + reports;
  return [
    row(
      'one role on one of 1,000: CPU',
      middle(ones, cpu) * 1000,
      ' ms',
      atMost(60, ' ms'),
      parts(ones),
    ),
    row(
      'until it is there',
      middle(ones, ({ thereMs }) => thereMs) / 1000,
      ' s',
      atMost(0.3, ' s'),
      '',
      2,
    ),
    row(
      'what uninvolved nodes do for it',
      others,
      '',
      atMost(0),
      `${wakes} wake-ups, ${asked} questions, ${views} views, ${reports} reports`,
      0,
    ),
    row(
      '20 in turn: median until acknowledged',
      median(sorted(twenty.ackMs)),
      ' ms',
      atMost(25, ' ms'),
      `slowest ${Math.max(...twenty.ackMs).toFixed(0)} ms`,
    ),
    row('20 in turn: until all are there', twenty.thereMs / 1000, ' s', atMost(1, ' s'), '', 1),
    row('20 in turn: CPU', cpu(twenty), ' s', atMost(1, ' s'), parts([twenty]), 1),
    row(
      'a router joins 50: CPU',
      middle(routers, cpu) * 1000,
      ' ms',
      atMost(250, ' ms'),
      parts(routers),
    ),
  ];
}

/** Gives each node the role, one after the other, and waits until everybody is quiet. */
async function costOf(crowd: Crowd, rest: Used, nodes: string[], role: string): Promise<Cost> {
  const counted = await crowd.counts();
  const before = usedBy(crowd);
  const began = performance.now();
  const ackMs: number[] = [];
  let revision = 0;
  for (const node of nodes) {
    const askedMs = performance.now();
    const params = { node, roles: [role], selection: 'named', noStart: false };
    const answer = await crowd.link.ask('role.add', { id: randomUUID(), params }, 30_000);
    ackMs.push(performance.now() - askedMs);
    revision = (answer as unknown as { revision: number }).revision;
  }
  await followed(crowd, nodes, revision);
  const thereMs = performance.now() - began;
  await quiet(crowd, rest);
  const seconds = (performance.now() - began) / 1000;
  const after = usedBy(crowd);
  const others = Object.keys(counted).filter((id) => id !== 'core' && !nodes.includes(id));
  const more = (what: keyof Used): number =>
    Math.max(0, after[what] - before[what] - rest[what] * seconds);
  return {
    used: { bus: more('bus'), controller: more('controller') },
    ackMs,
    thereMs,
    others: between(counted, await crowd.counts(), others),
  };
}

/** As `kato` follows a change. */
async function followed({ link }: Crowd, nodes: string[], revision: number): Promise<void> {
  for (let all: Progress[] = []; all.length === 0 || !all.every(({ done }) => done); ) {
    const params: Json = { nodes, revision, seen: 0, waitMs: 2000 };
    all = (await link.ask('progress', { id: '', params }, 10_000)) as unknown as Progress[];
  }
}

/** CPU seconds in a second while nothing is asked. */
async function restOf(crowd: Crowd): Promise<Used> {
  const before = usedBy(crowd);
  await pause(REST_MS);
  const after = usedBy(crowd);
  const seconds = REST_MS / 1000;
  return {
    bus: (after.bus - before.bus) / seconds,
    controller: (after.controller - before.controller) / seconds,
  };
}

/** Until bus and controller do for a while no more than at rest, or nearly so. */
async function quiet(crowd: Crowd, rest: Used = { bus: 0.05, controller: 0.05 }): Promise<void> {
  const deadline = performance.now() + QUIET_LIMIT_MS;
  const limit = 2 * (rest.bus + rest.controller) + 0.1;
  let sinceMs = performance.now();
  while (performance.now() < deadline && performance.now() - sinceMs < QUIET_MS) {
    const before = usedBy(crowd);
    await pause(LOOK_MS);
    const after = usedBy(crowd);
    const used = after.bus + after.controller - before.bus - before.controller;
    if (used > (limit * LOOK_MS) / 1000) sinceMs = performance.now();
  }
}

function usedBy({ nats, controller }: Crowd): Used {
  return { bus: cpuSeconds(nats.pid()), controller: cpuSeconds(controller.pid) };
}
