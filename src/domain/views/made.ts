import type { Made } from './view.ts';

/** Whether something of what a view was made from is older than now: then there may be another one. */
export function isBehind(made: Made, now: Made): boolean {
  if (made.epoch !== now.epoch) return made.epoch < now.epoch;
  if (made.lineage !== now.lineage) return false;
  const numbers = ['revision', 'verdicts', 'announced', 'secrets'] as const;
  return (
    numbers.some((what) => made[what] < now[what]) ||
    made.time < now.time ||
    byVersion.compare(made.kato, now.kato) < 0
  );
}

/** Whether the views made from both must be the same. */
export function isSame(made: Made, now: Made): boolean {
  return (Object.keys(now) as (keyof Made)[]).every((what) => made[what] === now[what]);
}

/** Whether an agent of this kato tells contents apart; one of 0.1.0 goes by versions. */
export function knowsContent(kato: string): boolean {
  return byVersion.compare(kato, '0.2.0') >= 0;
}

/** 0.10.0 comes after 0.9.0. */
const byVersion = new Intl.Collator('en', { numeric: true });
