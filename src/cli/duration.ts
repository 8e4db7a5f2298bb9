import { refuse } from '../domain/error.ts';

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `90s`, `30m`, `1h` or `7d`. BAD_VALUE for anything else. */
export function durationSeconds(flag: string, text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * SECONDS[unit!]!;
  throw refuse(
    'BAD_VALUE',
    `${flag} cannot be '${text}'`,
    'it is a number and a unit: s, m, h or d',
    `for example ${flag} 90m`,
  );
}
