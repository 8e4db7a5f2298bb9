import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Json } from '../../../src/domain/document/cluster.ts';
import type { Progress } from '../../../src/operations/following/progress.ts';
import { RELEASES, unpack } from '../release/installed.ts';
import { between, type Crowd, gather, KATO } from './crowd.ts';
import { atMost, type Part, type Row, row, type Tell } from './row.ts';
import { median, sorted } from './samples.ts';
import type { Counts } from './simulated-agent.ts';
import { cpuSeconds } from './usage.ts';

/** How often each is measured, and how many changes come one after the other. */
const RUNS = 3;
const IN_TURN = 20;
/** So long nothing but what goes on at rest: then it is over. */
const QUIET_MS = 2000;
const QUIET_LIMIT_MS = 30_000;
const REST_MS = 10_000;

/** CPU seconds of the bus and of the controller. */
interface Used {
  bus: number;
  controller: number;
}

/** What a change of one node costs in a crowd, by this kato and by the last release. */
export const change: Part = async (tell) => {
  const folder = mkdtempSync(join(tmpdir(), 'kato-bench-'));
  try {
    const release = RELEASES.at(-1)!;
    tell(`change: a crowd under a controller of ${release}`);
    const before = await measured(unpack(release, folder), tell);
    tell('change: a crowd under a controller of today');
    return rowsOf(await measured(KATO, tell), before, release);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

interface Measured {
  ones: Cost[];
  twenty: Cost;
  routers: Cost[];
}

async function measured(kato: string, tell: Tell): Promise<Measured> {
  const crowd = await gather(kato);
  try {
    await quiet(crowd);
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
    return { ones, twenty, routers };
  } finally {
    await crowd.end();
  }
}

interface Cost {
  used: Used;
  /** Each until it was acknowledged. */
  ackMs: number[];
  /** From the first request until the changed nodes have followed, and until all is quiet. */
  thereMs: number;
  /** What nodes did that were not asked for anything. */
  others: Counts;
}

function rowsOf(now: Measured, before: Measured, release: string): Row[] {
  const line = (
    what: string,
    value: (of: Measured) => number,
    unit: string,
    goal: number,
    note = '',
    digits = unit === ' ms' ? 0 : 2,
  ): Row => {
    const then = `${value(before).toFixed(digits)}${unit} by ${release}`;
    const told = note === '' ? then : `${then}; ${note}`;
    return row(what, value(now), unit, atMost(goal, unit), told, digits);
  };
  const { wakes, asked, views, reports } = now.ones[0]!.others;
  const cpuMs = (costs: Cost[]) => middle(costs, ({ used }) => used.bus + used.controller) * 1000;
  return [
    line('one role on one of 1,000: CPU', ({ ones }) => cpuMs(ones), ' ms', 60, partsOf(now.ones)),
    line('until it is there', ({ ones }) => middle(ones, thereSeconds), ' s', 0.3),
    line(
      'what uninvolved nodes do for it',
      ({ ones }) => middle(ones, ({ others }) => sumOf(others)),
      '',
      0,
      `${wakes} wake-ups, ${asked} questions, ${views} views, ${reports} reports`,
      0,
    ),
    line(
      '20 in turn: median until acknowledged',
      ({ twenty }) => median(sorted(twenty.ackMs)),
      ' ms',
      25,
      `slowest ${Math.max(...now.twenty.ackMs).toFixed(0)} ms`,
    ),
    line('20 in turn: until all are there', ({ twenty }) => thereSeconds(twenty), ' s', 1),
    line('20 in turn: CPU', ({ twenty }) => cpuMs([twenty]) / 1000, ' s', 1, partsOf([now.twenty])),
    line(
      'a router joins 50: CPU',
      ({ routers }) => cpuMs(routers),
      ' ms',
      250,
      partsOf(now.routers),
    ),
  ];
}

const thereSeconds = ({ thereMs }: Cost): number => thereMs / 1000;

const sumOf = ({ wakes, asked, views, reports }: Counts): number => wakes + asked + views + reports;

function middle(costs: Cost[], value: (cost: Cost) => number): number {
  return median(sorted(costs.map(value)));
}

function partsOf(costs: Cost[]): string {
  const ms = (what: keyof Used): string =>
    middle(costs, ({ used }) => used[what] * 1000).toFixed(0);
  return `bus ${ms('bus')}, controller ${ms('controller')} ms`;
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

/** Until bus and controller do for a while hardly more than at rest. */
async function quiet(crowd: Crowd, rest: Used = { bus: 0.1, controller: 0.1 }): Promise<void> {
  const deadline = performance.now() + QUIET_LIMIT_MS;
  const limit = 1.5 * (rest.bus + rest.controller) + 0.05;
  for (let isQuiet = false; !isQuiet && performance.now() < deadline; ) {
    const before = usedBy(crowd);
    await pause(QUIET_MS);
    const after = usedBy(crowd);
    const used = after.bus + after.controller - before.bus - before.controller;
    isQuiet = used <= (limit * QUIET_MS) / 1000;
  }
}

function usedBy({ nats, controller }: Crowd): Used {
  return { bus: cpuSeconds(nats.pid()), controller: cpuSeconds(controller.pid) };
}
