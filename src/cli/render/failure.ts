import type { ErrorRecord } from '../../domain/base/error-codes.ts';
import { wrap } from './text/table.ts';
import { withLocalTimes } from './text/time.ts';

/** What failed, why, and what to do next, at most `width` columns wide. */
export function failureLines({ message, why, next }: ErrorRecord, width: number): string[] {
  return [
    ...labelled('kato: ', message, width),
    ...(why === undefined ? [] : labelled('  why:  ', why, width)),
    ...(next === undefined ? [] : labelled('  next: ', next, width)),
  ];
}

/** What does not fit goes on below where it began. */
function labelled(label: string, text: string, width: number): string[] {
  const lines = withLocalTimes(text)
    .split('\n')
    .flatMap((line) => wrap(line, width - label.length));
  return lines.map((line, at) => (at === 0 ? label : ' '.repeat(label.length)) + line);
}
