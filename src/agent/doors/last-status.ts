import { type KatoError, refuse } from '../../domain/base/error.ts';
import { parsedObject } from '../../domain/base/json.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { ProcessReport, Report } from '../../domain/making/step.ts';
import { lostLinesWarnings } from '../../domain/telling/lost-lines.ts';
import { roleState } from '../../domain/telling/role-state.ts';
import type { NodeStatus, PoolStatus, Status, WarningCode } from '../../domain/telling/status.ts';
import { errorOf, failureWarning } from '../../domain/telling/status-of.ts';
import type { Pool } from '../../domain/traffic/pools.ts';
import type { View } from '../../domain/views/view.ts';
import { readIfExists, writeFileAtomic } from '../../machine/disk/files.ts';

/** Written at most this often: it is for the time when the bus is away, and may be a little old. */
const KEEP_EVERY_MS = 10_000;

/** On average, where nobody asks for the status on this node ... */
const ASK_EVERY_MS = 60_000;
/** ... and in a large cluster: all nodes together ask about once a second. */
const ASK_EVERY_MS_PER_NODE = 1000;

/**
 * Remembers the last status that passed through the agent, or that it asked for itself by `ask`,
 * for when nobody can make a new one.
 */
export function lastStatus(
  paths: Paths,
  ask: () => Promise<Json>,
): Disposable & {
  keep(status: Json): Promise<void>;
  /** What the node last knew, with its own part as it is now and a warning that says so. */
  recall(view: View, report: Report, reason: KatoError): Promise<Status>;
} {
  const file = `${paths.state}/status.json`;
  let keptMs = Number.NEGATIVE_INFINITY;
  let nodes = 1;
  let timer = setTimeout(refresh, askMs(nodes)).unref();
  return {
    keep,
    [Symbol.dispose]: () => clearTimeout(timer),
    recall: async (view, report, reason) => {
      const text = await readIfExists(file);
      return aged(keptIn(text ?? ''), view, report, reason);
    },
  };

  async function refresh(): Promise<void> {
    try {
      const status = await ask();
      nodes = (status as unknown as Status).nodes.length;
      await keep(status);
    } catch {
      // Nobody can say: what was kept stays.
    }
    timer = setTimeout(refresh, askMs(nodes)).unref();
  }

  async function keep(status: Json): Promise<void> {
    if (performance.now() - keptMs < KEEP_EVERY_MS) return;
    keptMs = performance.now();
    const text = JSON.stringify({ at: new Date().toISOString(), status });
    await writeFileAtomic(file, text, { mode: 0o600 });
  }
}

/** Null for a damaged one: it is a convenience, and is made again. */
function keptIn(text: string): { at: string; status: Status } | null {
  const kept = parsedObject(text) as Partial<{ at: string; status: Status }>;
  const isWhole = typeof kept.at === 'string' && Array.isArray(kept.status?.nodes);
  return isWhole ? (kept as { at: string; status: Status }) : null;
}

/** At random around the average, so that nodes which started together do not ask together. */
function askMs(nodes: number): number {
  const averageMs = Math.max(ASK_EVERY_MS, nodes * ASK_EVERY_MS_PER_NODE);
  return averageMs * (0.5 + Math.random());
}

function aged(
  kept: { at: string; status: Status } | null,
  view: View,
  report: Report,
  reason: KatoError,
): Status {
  const seconds = kept === null ? 0 : ageSeconds(kept.at);
  const known =
    kept === null
      ? 'only this node itself is known'
      : `the other nodes are shown as they were ${seconds} s ago`;
  const names = new Map((kept?.status.nodes ?? []).map(({ id, name }) => [id, name]));
  const own = ownStatus(view, report, names);
  const others = (kept?.status.nodes ?? [])
    .filter((node) => node.id !== view.node.id)
    .map((node) => ({
      ...node,
      self: false,
      lastSeen: node.lastSeen === null ? null : node.lastSeen + seconds,
    }));
  return {
    format: 1,
    cluster: {
      id: view.cluster.id,
      endpoint: view.cluster.endpoint,
      core: view.cluster.core,
      revision: (report.seen ?? view.version).revision,
    },
    warnings: [
      {
        code: warningCode(reason),
        message: `${reason.message}${because(reason)}: ${known}`,
      },
      ...report.failures.map((failure) => failureWarning(own.name, errorOf(failure))),
      ...lostLinesWarnings(own.name, report),
    ],
    nodes: [own, ...others],
    pools: mergedPools(kept?.status.pools ?? [], view.pools),
    unassigned: kept?.status.unassigned ?? [],
  };
}

/** A clock that was set back since then makes nothing newer than now. */
function ageSeconds(at: string): number {
  return Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1000));
}

function warningCode({ code }: KatoError): WarningCode {
  if (code === 'NOT_ALLOWED') return 'NODE_REFUSED';
  return code === 'BUS_AWAY' ? 'BUS_AWAY' : 'CONTROLLER_AWAY';
}

/** A refused key has two causes, and both are named; a bus may be away for the clock of this machine. */
function because({ code, why }: KatoError): string {
  const helps = code === 'NOT_ALLOWED' || code === 'BUS_AWAY';
  return helps && why !== undefined ? ` (${why})` : '';
}

/**
 * For its own pools the node's view says what nginx really has; of the other pools it has only
 * heard.
 */
function mergedPools(kept: readonly PoolStatus[], own: readonly Pool[]): PoolStatus[] {
  const names = new Set(own.map((pool) => pool.name));
  const others = kept.filter((pool) => !names.has(pool.name));
  return [...own.map(({ name, kind, members }) => ({ name, kind, members })), ...others];
}

/** The answering node, from its own view and its own processes. */
function ownStatus(view: View, report: Report, names: ReadonlyMap<string, string>): NodeStatus {
  const { node } = view;
  const [failure] = report.failures;
  return {
    id: node.id,
    name: node.name,
    address: node.address,
    state: 'active',
    lastSeen: 0,
    self: true,
    version: report.kato,
    appliedRevision: report.version.revision,
    ...(failure === undefined ? {} : { error: errorOf(failure) }),
    zone: node.zone,
    roles: Object.entries(node.roles).map(([role, { stopped }]) => {
      const isKnown = role in report.roles;
      const processes = report.roles[role] ?? [];
      const states = processes.map((name) => [name, report.processes[name]] as const);
      return {
        name: role,
        state: isKnown ? roleState(stopped !== null, processes, report) : 'unknown',
        ...(stopped === null ? {} : { stoppedBy: names.get(stopped.by) ?? stopped.by }),
        processes: states.map(([name, process]) => ({ name, ...processFields(process) })),
      };
    }),
  };
}

function processFields(process: ProcessReport | undefined) {
  return {
    state: process?.state ?? ('STOPPED' as const),
    pid: process?.pid ?? null,
    since: process?.since ?? null,
    ...(process?.held === true ? { held: true } : {}),
  };
}

/** Nothing is remembered: what the node knew is damaged, and nobody is there to tell it again. */
export function damageTold(error: KatoError, damage: string | null): KatoError {
  if (damage === null) return error;
  const next =
    'it is fetched again when a controller answers; what runs keeps running. If the bus has lost its data, too: kato node setup core --recover-from FILE, on the core';
  return refuse(
    error.code,
    `${error.message}, and this node has forgotten what it is`,
    damage,
    next,
  );
}
