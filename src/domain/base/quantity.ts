import { own } from './own.ts';

const MS_OF = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES_OF = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `500ms`, `30s`, `5m`, `2h` or `1d` in ms; NaN for anything else. */
export function durationMs(text: string): number {
  return inUnits(text, MS_OF);
}

/** `1024`, `512k`, `64m` or `1g` in bytes, large letters too; NaN for anything else. */
export function sizeBytes(text: string): number {
  return inUnits(text.toLowerCase(), BYTES_OF);
}

function inUnits(text: string, units: Readonly<Record<string, number>>): number {
  const [, count, unit = ''] = /^(\d+)([a-z]*)$/.exec(text) ?? [];
  return Number(count) * (own(units, unit) ?? Number.NaN);
}
