import { KatoError, refuse } from '../domain/base/error.ts';
import type { Report, StepFailure } from '../domain/making/step.ts';
import { AGENT } from '../machine/disk/places.ts';
import type { NodeIdentity } from '../machine/node/ledger.ts';
import { lostLines } from '../machine/s6/lost-lines.ts';
import { UNREACHABLE_MAX } from '../operations/report.ts';
import type { Backends } from './backends.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { ExportKeeper } from './kept-export.ts';
import type { Lanes } from './lanes/lanes.ts';
import { portWatch } from './lanes/taken-ports.ts';
import { describeNow, type PassContext } from './look.ts';
import { retryMs } from './loop.ts';
import type { Told } from './told.ts';
import type { Waits } from './waits.ts';

export interface Reporter {
  /**
   * Reports how the node is and what was done; again later where nobody took it. In order: the promise
   * ends when a report was sent that is no older than this.
   */
  tell(): Promise<void>;
  /** How the node is at this moment. NODE_UNREACHABLE before it was looked at. */
  now(): Promise<Report>;
  /** Nothing is reported any more. */
  end(): void;
}

export function startReporter(options: {
  context: PassContext;
  identity: NodeIdentity;
  told: Told;
  lanes: Pick<Lanes, 'delivery' | 'done' | 'listens'>;
  link: Pick<ClusterLink, 'report'>;
  exports: Pick<ExportKeeper, 'said' | 'underWay'>;
  backends: Pick<Backends, 'unreachable'>;
  waits: Waits;
  log(line: string): void;
}): Reporter {
  const { context, identity, told, lanes, link, exports, backends, waits, log } = options;
  const { paths } = context;
  const takenPorts = portWatch(paths, lanes);
  let isDue = false;
  let sending: Promise<void> | null = null;
  let isOver = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;
  const reporter: Reporter = {
    tell: () => {
      isDue = true;
      sending ??= sendAll();
      return sending;
    },
    now: async () => {
      const report = await reportNow();
      if (report !== null) return { ...report, ...seenNow() };
      throw refuse(
        'NODE_UNREACHABLE',
        `the agent of ${identity.name} has only just started`,
        'it has not looked at its node yet',
        `run it again in a moment; if that does not help, see ${paths.log}/agent/current on it`,
      );
    },
    end: () => {
      isOver = true;
      clearTimeout(retry);
    },
  };
  return reporter;

  /** One after the other: a late report of what is under way would hide its end for a minute. */
  async function sendAll(): Promise<void> {
    while (isDue && !isOver) {
      isDue = false;
      await send();
    }
    // At once: what is told from here on begins anew.
    sending = null;
  }

  async function send(): Promise<void> {
    try {
      const report = await reportNow();
      if (report === null) return;
      await link.report({ ...report, ...(told.refused === null ? {} : seenNow()) });
      waits.note('send-report', null);
      clearTimeout(retry);
      failures = 0;
    } catch (error) {
      waits.note('send-report', error);
      if (!(error instanceof KatoError)) log(`report: ${String(error)}`);
      sayAgain();
    }
  }

  /** Somebody may wait for the end of this, and the next report may be a minute away. */
  function sayAgain(): void {
    clearTimeout(retry);
    retry = setTimeout(() => void reporter.tell(), retryMs(failures++, Math.random())).unref();
  }

  /** Null as long as nothing was begun, and nothing is known to be in the way. */
  async function reportNow(): Promise<Report | null> {
    const { unkept, refused: refusedView } = told;
    const isBroken = waits.has('make-pass') || unkept !== null;
    const delivery = isBroken ? told.delivery : lanes.delivery;
    if (delivery === null) return null;
    // Before the processes are looked at: who is told that all is done is not to see how they were before.
    const { failures: failed, ...done } = lanes.done;
    const { underWay } = exports;
    const now = await describeNow(context, delivery);
    const taken = await takenPorts(now.processes);
    const isNews = ({ process }: StepFailure) => !failed.some((one) => one.process === process);
    return {
      ...now,
      ...(await said()),
      ...(unkept === null ? {} : { version: unkept }),
      ...done,
      ...(underWay === null ? {} : { complete: false, busy: { ...done.busy, [AGENT]: underWay } }),
      refusedView,
      failures: [...failed, ...taken.filter(isNews), ...waits.failures()],
    };
  }

  /** What a report says beside. */
  async function said(): Promise<Partial<Report>> {
    const lost = await lostLines(paths);
    const unreachable = backends.unreachable.slice(0, UNREACHABLE_MAX);
    return {
      ...exports.said,
      ...(lost === null ? {} : { lostLines: lost }),
      ...(unreachable.length === 0 ? {} : { unreachable }),
    };
  }

  function seenNow(): Pick<Report, 'seen'> {
    return told.seen === null ? {} : { seen: told.seen };
  }
}
