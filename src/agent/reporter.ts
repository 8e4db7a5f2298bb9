import { KatoError, refuse } from '../domain/base/error.ts';
import type { Report, StepFailure } from '../domain/making/step.ts';
import type { NodeIdentity } from '../machine/node/ledger.ts';
import { lostLines } from '../machine/s6/lost-lines.ts';
import type { ClusterLink } from './cluster-link.ts';
import { retryMs } from './loop.ts';
import { describeNow, type PassContext } from './pass.ts';
import type { Told } from './told.ts';
import type { Waits } from './waits.ts';

export interface Reporter {
  /** Of the last pass; null before there was one. */
  readonly last: Report | null;
  /**
   * Reports what a pass did, or that a process changed by itself; again later where nobody took it.
   * In order: the promise ends when this one, or a later one in its place, was sent.
   */
  tell(report?: Report): Promise<void>;
  /** How the node is at this moment. NODE_UNREACHABLE before the first pass. */
  now(): Promise<Report>;
  /** Reports a pass that broke off, perhaps before a newer version; not before the node knows what it is. */
  tellBroken(failure: StepFailure, version?: Report['version']): Promise<void>;
  /** Nothing is reported any more. */
  end(): void;
}

export function startReporter(options: {
  context: PassContext;
  identity: NodeIdentity;
  told: Told;
  link: Pick<ClusterLink, 'report'>;
  exports: { readonly said: Partial<Report> };
  waits: Waits;
  log(line: string): void;
}): Reporter {
  const { context, identity, told, link, exports, waits, log } = options;
  const { paths } = context;
  let last: Report | null = null;
  /** Newer than what was sent; null where only the processes may have changed. */
  let unsent: Report | null = null;
  let isDue = false;
  let sending: Promise<void> | null = null;
  let isOver = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;
  const reporter: Reporter = {
    get last() {
      return last;
    },
    tell: (report) => {
      if (report !== undefined) last = unsent = report;
      isDue = true;
      sending ??= sendAll().finally(() => {
        sending = null;
      });
      return sending;
    },
    now: async () => {
      if (last !== null && told.delivery !== null) {
        return { ...(await lastNow(last)), ...seenNow() };
      }
      throw refuse(
        'NODE_UNREACHABLE',
        `the agent of ${identity.name} has only just started`,
        'it has not looked at its node yet',
        `run it again in a moment; if that does not help, see ${paths.log}/agent/current on it`,
      );
    },
    tellBroken: async (failure, version) => {
      if (told.delivery === null) return;
      // What broke the pass may break this look, too.
      const now = await describeNow(context, told.delivery).catch(() => last);
      if (now === null) return;
      const begun = last?.complete === false ? last : null;
      await reporter.tell({
        ...now,
        ...(version === undefined ? {} : { version }),
        steps: begun?.steps ?? [],
        failures: [...(begun?.failures ?? []), failure, ...waits.failures()],
        refusedView: told.refused,
        complete: true,
      });
    },
    end: () => {
      isOver = true;
      clearTimeout(retry);
    },
  };
  return reporter;

  /** One after the other: a late report of a pass under way would hide its end for a minute. */
  async function sendAll(): Promise<void> {
    while (isDue && last !== null && !isOver) {
      isDue = false;
      const report = unsent;
      unsent = null;
      await send(last, report);
    }
  }

  async function send(known: Report, report: Report | null): Promise<void> {
    try {
      const seen = told.refused === null ? {} : seenNow();
      const body = report === null ? await lastNow(known) : { ...report, ...(await said()) };
      await link.report({ ...body, ...seen });
      waits.note('send-report', null);
      clearTimeout(retry);
      failures = 0;
    } catch (error) {
      waits.note('send-report', error);
      if (!(error instanceof KatoError)) log(`report: ${String(error)}`);
      sayAgain();
    }
  }

  /** Somebody may wait for the end of this pass, and the next one may be a minute away. */
  function sayAgain(): void {
    clearTimeout(retry);
    retry = setTimeout(() => void reporter.tell(), retryMs(failures++, Math.random())).unref();
  }

  async function lastNow(report: Report): Promise<Report> {
    const { processes, at } = await describeNow(context, told.delivery!);
    return { ...report, ...(await said()), processes, at };
  }

  /** What a report says beside the pass. */
  async function said(): Promise<Partial<Report>> {
    const lost = await lostLines(paths);
    return { ...exports.said, ...(lost === null ? {} : { lostLines: lost }) };
  }

  function seenNow(): Pick<Report, 'seen'> {
    return told.seen === null ? {} : { seen: told.seen };
  }
}
