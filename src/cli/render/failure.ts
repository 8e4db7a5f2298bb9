import type { ErrorRecord } from '../../domain/error.ts';
import { WIDTH_MAX, wrap } from './table.ts';
import { withLocalTimes } from './time.ts';

/** What failed, why, and what to do next, at most 100 columns wide. */
export function failureLines({ message, why, next }: ErrorRecord): string[] {
  return [
    ...labelled('kato: ', message),
    ...(why === undefined ? [] : labelled('  why:  ', why)),
    ...(next === undefined ? [] : labelled('  next: ', next)),
  ];
}

/** What does not fit goes on below where it began. */
function labelled(label: string, text: string): string[] {
  const lines = withLocalTimes(text)
    .split('\n')
    .flatMap((line) => wrap(line, WIDTH_MAX - label.length));
  return lines.map((line, at) => (at === 0 ? label : ' '.repeat(label.length)) + line);
}
