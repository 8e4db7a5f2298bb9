/** What a node has found out about a backend by trying to connect, where that was not always possible. */
export interface Probed {
  /** In a row. */
  failures: number;
  /** It is left out at least until then, and then until it takes a connection; null while it is not. */
  outUntilMs: number | null;
  /** How long it was left out last, at least; 0 if it never was. */
  quietMs: number;
  /** When it was taken back last. */
  backMs: number;
}

/** One that failed may be a lost packet. */
const FAILURES = 2;
/** Each time that it fails again soon after it was taken back it stays out for twice as long. */
const QUIET_MS = 2000;
const QUIET_MS_MAX = 60_000;
const SOON_MS = 120_000;

/** Undefined for one of which nothing bad is known. All times on one monotonic clock. */
export function afterProbe(
  before: Probed | undefined,
  wasWell: boolean,
  nowMs: number,
): Probed | undefined {
  const was = before ?? { failures: 0, outUntilMs: null, quietMs: 0, backMs: nowMs };
  if (wasWell) {
    if (was.outUntilMs !== null) {
      return nowMs < was.outUntilMs
        ? was
        : { ...was, failures: 0, outUntilMs: null, backMs: nowMs };
    }
    return was.quietMs > 0 && nowMs - was.backMs < SOON_MS ? { ...was, failures: 0 } : undefined;
  }
  const failures = was.failures + 1;
  if (was.outUntilMs !== null || failures < FAILURES) return { ...was, failures };
  const quietMs = Math.min(QUIET_MS_MAX, Math.max(QUIET_MS, 2 * was.quietMs));
  return { ...was, failures, quietMs, outUntilMs: nowMs + quietMs };
}

export function isOut(probed: Probed | undefined): boolean {
  return probed !== undefined && probed.outUntilMs !== null;
}
