import type { ErrorRecord } from '../../domain/error.ts';

/** What failed, why, and what to do next. */
export function failureLines({ message, why, next }: ErrorRecord): string[] {
  return [
    `kato: ${message}`,
    ...(why === undefined ? [] : [`  why:  ${why}`]),
    ...(next === undefined ? [] : [`  next: ${next}`]),
  ];
}
