import { toErrorRecord } from '../../domain/base/error.ts';
import { ERROR_CODES } from '../../domain/base/error-codes.ts';
import { widthOf } from '../input/terminal.ts';
import { hasPrintedJson, note, printJson, wantsJson } from '../output.ts';
import { failureLines } from '../render/failure.ts';

/**
 * Three lines on stderr, or the record as JSON on stdout where no value is there; a stack only with
 * --debug.
 */
export function printFailure(error: unknown, argv: readonly string[]): void {
  const record = toErrorRecord(error);
  if (wantsJson(argv) && !hasPrintedJson()) printJson({ error: record });
  else for (const line of failureLines(record, widthOf(process.stderr))) note(line);
  if (argv.includes('--debug') && error instanceof Error) noteStack(error);
}

/**
 * An uncaught error ends the process, as Node would end it, and is printed like every other error.
 */
export function noteCrashes(): void {
  process.on('uncaughtException', (error) => {
    noteStack(error);
    process.exit(1);
  });
}

export function exitCodeOf(error: unknown): number {
  return ERROR_CODES[toErrorRecord(error).code];
}

function noteStack(error: unknown): void {
  for (const line of stackOf(error).split('\n')) note(line);
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
