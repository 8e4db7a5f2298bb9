import { refuse } from '../../domain/base/error.ts';
import { durationMs } from '../../domain/base/quantity.ts';

/** Seconds of `90s`, `30m`, `1h` or `7d`. BAD_VALUE for anything else. */
export function durationSeconds(flag: string, text: string): number {
  const seconds = durationMs(text) / 1000;
  if (Number.isSafeInteger(seconds)) return seconds;
  throw refuse(
    'BAD_VALUE',
    `${flag} cannot be '${text}'`,
    'it must be a number and a unit: s, m, h or d',
    `for example ${flag} 90m`,
  );
}
