/** Why an announcement is not taken. Closed list. */
export type RefusalReason = 'form' | 'route' | 'host' | 'backend' | 'quota' | 'flapping';

export const REFUSAL_REASONS: Record<RefusalReason, string> = {
  form: 'not of the form',
  route: 'no host name or path that a route can have',
  host: 'a host name that it may not announce',
  backend: 'a backend that no route may lead to',
  quota: 'more than it may announce',
  flapping: 'comes and goes too often',
};

/** What one controller refused of one announcer for one reason. All times in ms on its own clock. */
export interface Refusal {
  count: number;
  /** The last that was refused, and what is wrong with it. */
  example: string;
  lastMs: number;
  loggedMs: number | null;
  unlogged: number;
}

/** By announcer, then by reason. */
export type Refusals = Map<string, Map<RefusalReason, Refusal>>;

/** What was not repeated for so long is of the past, and not shown any more. */
const FORGOTTEN_MS = 600_000;
/** A reason of an announcer is logged at most so often, however often it occurs. */
const LOGGED_EVERY_MS = 60_000;
/** The longest host name and path with a backend, and what is wrong with them. */
const EXAMPLE_LENGTH_MAX = 700;

export function countRefusal(
  refusals: Refusals,
  announcer: string,
  reason: RefusalReason,
  example: string,
  nowMs: number,
): void {
  const ofOne = refusals.get(announcer) ?? new Map<RefusalReason, Refusal>();
  const before = ofOne.get(reason) ?? { count: 0, loggedMs: null, unlogged: 0 };
  ofOne.set(reason, {
    ...before,
    count: before.count + 1,
    unlogged: before.unlogged + 1,
    example: example.slice(0, EXAMPLE_LENGTH_MAX),
    lastMs: nowMs,
  });
  refusals.set(announcer, ofOne);
}

/** Lines for the log that are due now; they count as logged. */
export function refusalsToLog(refusals: Refusals, nowMs: number): string[] {
  const lines: string[] = [];
  for (const [announcer, ofOne] of refusals) {
    for (const [reason, refusal] of ofOne) {
      const { unlogged, loggedMs, example } = refusal;
      if (unlogged === 0 || (loggedMs !== null && nowMs - loggedMs < LOGGED_EVERY_MS)) continue;
      ofOne.set(reason, { ...refusal, unlogged: 0, loggedMs: nowMs });
      const times = unlogged === 1 ? '' : `, ${unlogged} times`;
      lines.push(
        `an announcement of ${announcer} is refused${times}: ${REFUSAL_REASONS[reason]}: ${example}`,
      );
    }
  }
  return lines;
}

/** Forgets what is over, and announcers that no longer exist. */
export function forgetRefusals(
  refusals: Refusals,
  isThere: (announcer: string) => boolean,
  nowMs: number,
): void {
  for (const [announcer, ofOne] of refusals) {
    for (const [reason, { lastMs }] of ofOne) {
      if (nowMs - lastMs > FORGOTTEN_MS) ofOne.delete(reason);
    }
    if (ofOne.size === 0 || !isThere(announcer)) refusals.delete(announcer);
  }
}
