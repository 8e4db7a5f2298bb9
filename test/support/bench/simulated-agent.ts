import { type ClusterLink, linkToCluster } from '../../../src/agent/cluster-link.ts';
import { startTold } from '../../../src/agent/told.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import type { ProcessReport, Report } from '../../../src/domain/making/step.ts';
import type { NodeIdentity } from '../../../src/machine/node/ledger.ts';

/** What an agent has been made to do. */
export interface Counts {
  wakes: number;
  /** Questions for a view, and how often there was another one. */
  asked: number;
  views: number;
  reports: number;
}

export const NOTHING: Counts = { wakes: 0, asked: 0, views: 0, reports: 0 };

/** `one` and `factor` times the other. */
export function sum(one: Counts, other: Counts, factor: number): Counts {
  const add = (what: keyof Counts): number => one[what] + factor * other[what];
  return {
    wakes: add('wakes'),
    asked: add('asked'),
    views: add('views'),
    reports: add('reports'),
  };
}

/**
 * An agent without a machine: it speaks on a connection of its own what an agent speaks, by the
 * agent's own code, and does nothing. `onView` is called whenever it has fetched a view.
 */
export function simulate(identity: NodeIdentity, counts: Counts, onView: () => void): ClusterLink {
  const told = startTold({ delivery: null, seen: null }, async () => undefined);
  let fetching = false;
  let isWoken = false;
  const report = (): Report => ({
    node: identity.nodeId,
    version: told.delivery!.view.version,
    ...(told.have === undefined
      ? {}
      : { content: told.have.content, verdicts: told.have.made.verdicts }),
    kato: VERSION,
    catalogue: told.delivery!.view.node.catalogue,
    bootId: 'boot',
    at: new Date().toISOString(),
    steps: [],
    failures: [],
    processes: Object.fromEntries(
      Object.keys(told.delivery!.view.node.roles).map((name) => [name, RUNNING]),
    ),
    roles: Object.fromEntries(
      Object.keys(told.delivery!.view.node.roles).map((role) => [role, []]),
    ),
    refusedView: null,
    complete: true,
  });
  const takeView = async (): Promise<void> => {
    counts.asked++;
    const delivery = await told.ask(link.fetchView);
    if (delivery !== null) {
      counts.views++;
      told.hold(delivery);
    }
    counts.reports++;
    await link.report(report());
    onView();
  };
  const wake = async (): Promise<void> => {
    counts.wakes++;
    isWoken = true;
    if (fetching) return;
    fetching = true;
    while (isWoken) {
      isWoken = false;
      await takeView().catch(() => setTimeout(wake, RETRY_MS));
    }
    fetching = false;
  };
  const link = linkToCluster({
    identity,
    instance: 'boot',
    onWake: () => void wake(),
    onNews: told.hear,
    onUp: () => beat(),
    onAsk: async () => {
      if (told.delivery === null) throw new Error('not yet');
      return report() as unknown as Json;
    },
    onStatus: () => {},
  });
  let timer: NodeJS.Timeout | undefined;
  const beat = (): void => {
    clearTimeout(timer);
    const { seen: version, have } = told;
    link.beat({ version, leaving: false, ...(have === undefined ? {} : { have }) });
    timer = setTimeout(beat, told.delivery?.view.heartbeatMs ?? DEFAULT_HEARTBEAT_MS);
  };
  return {
    ...link,
    close: async () => {
      clearTimeout(timer);
      await link.close();
    },
  };
}

/** Of today, which tells contents apart. */
export const VERSION = '0.2.0';
const DEFAULT_HEARTBEAT_MS = 2000;
/** Each of its roles has one process, of the same name. */
const RUNNING: ProcessReport = {
  state: 'RUNNING',
  pid: 1,
  held: false,
  since: '2026-01-01T00:00:00.000Z',
};
const RETRY_MS = 1000;
