import { ERROR_CODES, type ErrorCode, type ErrorRecord, type Reason } from './error-codes.ts';
import { printableText } from './printable.ts';
import { toldOfSurroundings } from './system-error.ts';

/** An error may quote what somebody sent, and is shown to others: more than this is not shown. */
const SENTENCE_MAX = 1000;
/** The last words of a program are several lines. */
const WHY_MAX = 8000;

/** An expected failure: told to the person in three lines, with the exit code of its kind. */
export class KatoError extends Error {
  readonly code: ErrorCode;
  readonly why: string | undefined;
  readonly next: string | undefined;

  constructor(record: ErrorRecord, options?: { cause?: unknown }) {
    super(shortened(record.message, SENTENCE_MAX), options);
    this.name = 'KatoError';
    this.code = record.code;
    this.why = record.why && shortened(record.why, WHY_MAX);
    this.next = record.next && shortened(record.next, SENTENCE_MAX);
  }

  get exitCode(): number {
    return ERROR_CODES[this.code];
  }

  toJSON(): ErrorRecord {
    return {
      code: this.code,
      message: this.message,
      ...(this.why === undefined ? {} : { why: this.why }),
      ...(this.next === undefined ? {} : { next: this.next }),
    };
  }
}

/** Of a failure, whatever else it says. */
export function reasonOf({ code, message, why }: ErrorRecord): Reason {
  return { code, message, ...(why === undefined ? {} : { why }) };
}

/** Nobody answered, or not in time, or had no time: later somebody may. */
export function isAway(error: unknown): error is KatoError {
  return error instanceof KatoError && (error.exitCode === 5 || error.exitCode === 6);
}

/** Bus or controllers are away: both come back by themselves, in seconds where they were only restarted. */
export function mayReturn(error: unknown): error is KatoError {
  return (
    error instanceof KatoError && (error.code === 'BUS_AWAY' || error.code === 'CONTROLLER_AWAY')
  );
}

/** Shorthand for the commonest form. */
export function refuse(code: ErrorCode, message: string, why?: string, next?: string): KatoError {
  return new KatoError({
    code,
    message,
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  });
}

/** Any thrown value as a record; what nobody expected is INTERNAL and keeps its text for the log only. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof KatoError) return error.toJSON();
  const told = toldOfSurroundings(error);
  if (told !== null) return new KatoError(told).toJSON();
  return {
    code: 'INTERNAL',
    message: shortened(error instanceof Error ? error.message : String(error), SENTENCE_MAX),
    next: 'this is a bug in kato: run the command again with --debug and report what it prints',
  };
}

/**
 * An error as another program sent it, perhaps a newer or a hostile one: a code that is not known
 * here becomes FAILED, which has an exit code.
 */
export function errorFrom(told: unknown): KatoError {
  const { code, message, why, next } = (told ?? {}) as Partial<Record<keyof ErrorRecord, unknown>>;
  const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
  return new KatoError({
    code: known ? (code as ErrorCode) : 'FAILED',
    message: typeof message === 'string' ? safe(message) : 'it failed, and nobody said how',
    ...(typeof why === 'string' ? { why: safe(why) } : {}),
    ...(typeof next === 'string' ? { next: safe(next) } : {}),
  });
}

const safe = (text: string): string => printableText(shortened(text, WHY_MAX));

/** The beginning of a text that is longer than anybody reads. */
export function shortened(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
