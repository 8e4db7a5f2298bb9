import type { Store } from '../../bus/store/store.ts';
import { refuse } from '../../domain/base/error.ts';
import { hashOf } from '../../domain/base/hash.ts';
import type { Json, Node } from '../../domain/document/cluster.ts';
import type { Report } from '../../domain/making/step.ts';
import { isFormer } from '../../domain/nodes/leave.ts';
import type { Ready } from '../../domain/nodes/ready.ts';
import { NO_VERDICTS, type Verdicts } from '../../domain/nodes/verdicts.ts';
import type { SharedAnnounced } from '../../domain/traffic/shared-announced.ts';
import { reportOf } from '../../operations/report.ts';
import { DISPLACED_KEY, displacedOf } from '../hearing/displaced.ts';
import { type Live, takeAnnounced, takeReady, takeVerdicts } from './live.ts';

const REPORT_KEY = 'report.';
export const VERDICTS_KEY = 'verdicts';
export const READY_KEY = 'ready';
export const ANNOUNCED_KEY = 'announced';

export interface Reports {
  /** Takes a node's own report and shares it with the other controllers. */
  take(by: Node, body: Json): Promise<void>;
}

/** Keeps reports and verdicts in step with what the controllers share on the bus. */
export async function followObserved(options: {
  store: Store;
  live: Live;
  onReport(node: Node, report: Report): void;
}): Promise<Reports> {
  const { store, live } = options;
  await store.watchObserved(take);
  live.on('document', forgetRemoved);
  return {
    take: async (by, body) => {
      const sent = reportOf(body);
      if (sent === null) throw refuse('BAD_VALUE', 'this is not the report of a node');
      const report = { ...sent, node: by.id };
      const isNews = !sameBut(report, live.reports.get(by.id));
      live.signs.set(by.id, live.clock.nowMs());
      live.reports.set(by.id, report);
      live.changed('reports');
      options.onReport(by, report);
      if (isNews) await store.putObserved(`${REPORT_KEY}${by.id}`, report as unknown as Json);
    },
  };

  /** One that could not be deleted is seen again by the next controller that starts. */
  function forgetRemoved(): void {
    const { cluster } = live.document!;
    for (const id of [...live.reports.keys()].filter((known) => isFormer(cluster, known))) {
      live.reports.delete(id);
      store.deleteObserved(`${REPORT_KEY}${id}`).catch(() => undefined);
    }
    for (const id of [...live.displaced.keys()].filter((known) => isFormer(cluster, known))) {
      live.displaced.delete(id);
      store.deleteObserved(`${DISPLACED_KEY}${id}`).catch(() => undefined);
    }
    for (const id of live.speakers.keys()) if (!(id in cluster.nodes)) live.speakers.delete(id);
  }

  function take(key: string, value: Json, entry: number): void {
    if (key === VERDICTS_KEY) {
      takeVerdicts(live, (value as unknown as Verdicts | null) ?? NO_VERDICTS, entry);
    }
    if (key === READY_KEY) takeReady(live, (value as unknown as Ready | null) ?? {}, entry);
    if (key === ANNOUNCED_KEY) {
      takeAnnounced(live, value as unknown as SharedAnnounced | null, entry);
    }
    if (key.startsWith(DISPLACED_KEY)) {
      live.displaced.set(key.slice(DISPLACED_KEY.length), displacedOf(value));
    }
    if (!key.startsWith(REPORT_KEY)) return;
    const id = key.slice(REPORT_KEY.length);
    const report = reportOf(value);
    if (report === null || !isNewer(report, live.reports.get(id))) return;
    live.reports.set(id, report);
    live.changed('reports');
  }
}

/** A clock that was set back between two boots makes no report older. */
export function isNewer(report: Report, before: Report | undefined): boolean {
  return before === undefined || report.bootId !== before.bootId || report.at >= before.at;
}

/** Whether only the time differs: such a report is not worth a write to the disk. */
function sameBut(report: Report, before: Report | undefined): boolean {
  const { at: _at, ...rest } = report;
  const { at: _before, ...old } = before ?? {};
  return hashOf(rest) === hashOf(old);
}
