import type { Pool } from '../domain/traffic/pools.ts';
import { afterProbe, isOut, type Probed } from '../domain/traffic/probing.ts';
import type { View } from '../domain/views/view.ts';
import { answersWell } from '../machine/network/answers-well.ts';
import { connects } from '../machine/network/connects.ts';
import { watchDeadPeers } from '../machine/network/dead-peers.ts';
import type { Delivery } from '../machine/node/ledger.ts';

/** Each backend is tried this often, in no step with the others ... */
const EVERY_MS = 2000;
/** ... but all of them together no more often than this. */
const PER_SECOND_MAX = 250;
const TICK_MS = 250;
/** For a backend to take a connection: nginx gives it no more either. */
const CONNECT_MS = 800;
const ANSWER_MS = 2000;
/** What is left out changes at most this often: each time is a reload. */
const TOLD_MS = 2000;

export interface Backends extends Disposable {
  /** What of a pool this node cannot reach: see `targetOf`. */
  readonly out: ReadonlySet<string>;
  /** The same as addresses, for a report. */
  readonly unreachable: readonly string[];
}

type Seen = Pick<View, 'pools' | 'routes'>;

/** Watches whatever an nginx of this node sends requests to. */
export function watchBackends(
  seen: () => Seen | undefined,
  onChange: () => void,
  log: (line: string) => void,
): Backends {
  const peers = watchDeadPeers(() => membersOf(seen()?.pools ?? []), log);
  let known: { seen: Seen; targets: ReadonlySet<string> } | undefined;
  const targets = (): ReadonlySet<string> => {
    const now = seen();
    if (now === undefined) return NOTHING;
    // Asked several times a second, and thousands of routes take milliseconds.
    if (known?.seen !== now) known = { seen: now, targets: targetsIn(now) };
    return known.targets;
  };
  const probes = startProbes({ targets, isWell, onChange });
  return {
    get out() {
      return probes.out;
    },
    get unreachable() {
      return [...new Set([...probes.out].map((target) => target.split(' ')[0]!))].sort();
    },
    [Symbol.dispose]: () => {
      probes[Symbol.dispose]();
      peers[Symbol.dispose]();
    },
  };
}

function membersOf(pools: readonly Pool[]): string[] {
  return pools.flatMap(({ members }) => members.map(({ address }) => address));
}

const NOTHING: ReadonlySet<string> = new Set();

function targetsIn(seen: Seen): ReadonlySet<string> {
  const target = targetOf(seen);
  return new Set(
    seen.pools.flatMap((pool) => pool.members.map(({ address }) => target(pool, address))),
  );
}

/** What of a member is tried: `address:port`, and ` HOST/PATH` after it where the route says at which path. */
function targetOf({ routes }: Seen): (pool: Pool, address: string) => string {
  const asked = new Map(
    routes.flatMap(({ pool, host, probe }) =>
      probe === undefined ? [] : [[pool, `${host.replace('*', 'kato')}${probe}`]],
    ),
  );
  return ({ kind, name }, address) => {
    const at = kind === 'route' ? asked.get(name) : undefined;
    return at === undefined ? address : `${address} ${at}`;
  };
}

async function isWell(target: string): Promise<boolean> {
  const [at = '', url] = target.split(' ');
  if (url === undefined) return (await connects(at, CONNECT_MS)) === 'yes';
  const slash = url.indexOf('/');
  return answersWell({ at, host: url.slice(0, slash), path: url.slice(slash) }, ANSWER_MS);
}

/**
 * Tries to connect to each of them now and then. What it finds out is for this node alone: one that is cut
 * off from the others must not empty their pools.
 */
export function startProbes(options: {
  targets(): ReadonlySet<string>;
  isWell(target: string): Promise<boolean>;
  onChange(): void;
  nowMs?(): number;
}): Disposable & Pick<Backends, 'out'> {
  const { nowMs: now = () => performance.now() } = options;
  const probed = new Map<string, Probed>();
  const due = new Map<string, number>();
  let out: ReadonlySet<string> = new Set();
  let toldMs = Number.NEGATIVE_INFINITY;
  const timer = setInterval(tick, TICK_MS).unref();
  return {
    get out() {
      return out;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };

  function tick(): void {
    const nowMs = now();
    const all = options.targets();
    for (const known of due.keys()) {
      if (all.has(known)) continue;
      due.delete(known);
      probed.delete(known);
    }
    const everyMs = Math.max(EVERY_MS, (1000 * all.size) / PER_SECOND_MAX);
    for (const target of all) {
      // One that is new has its turn some time within the first round.
      const atMs = due.get(target) ?? nowMs + Math.random() * everyMs;
      due.set(target, atMs > nowMs ? atMs : Number.POSITIVE_INFINITY);
      if (atMs <= nowMs) void probe(target, everyMs);
    }
    tell(nowMs);
  }

  async function probe(target: string, everyMs: number): Promise<void> {
    const wasWell = await options.isWell(target);
    if (!due.has(target)) return;
    const nowMs = now();
    const known = afterProbe(probed.get(target), wasWell, nowMs);
    if (known === undefined) probed.delete(target);
    else probed.set(target, known);
    due.set(target, nowMs + everyMs * (0.75 + Math.random() / 2));
  }

  function tell(nowMs: number): void {
    if (nowMs - toldMs < TOLD_MS) return;
    const next = new Set([...probed].flatMap(([target, one]) => (isOut(one) ? [target] : [])));
    if (next.size === out.size && [...next].every((one) => out.has(one))) return;
    out = next;
    toldMs = nowMs;
    options.onChange();
  }
}

/** The same, with those out that this node cannot reach. Where a pool would have none left, nginx tries all. */
export function withoutUnreachable(delivery: Delivery, out: ReadonlySet<string>): Delivery {
  if (out.size === 0) return delivery;
  const target = targetOf(delivery.view);
  const pools = delivery.view.pools.map((pool) => ({
    ...pool,
    members: pool.members.map((member) =>
      out.has(target(pool, member.address)) ? { ...member, state: 'out' as const } : member,
    ),
  }));
  return { ...delivery, view: { ...delivery.view, pools } };
}
