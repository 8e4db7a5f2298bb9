/** One line of the table: what was measured, and whether it is as good as it should be. */
export interface Row {
  what: string;
  /** With its unit. */
  value: string;
  goal: string;
  /** Null where there is no goal: then it stands for comparison. */
  met: boolean | null;
  /** Spread of the samples, and what else it takes to read the value. */
  note: string;
}

/** Says how far a part is. */
export type Tell = (line: string) => void;

export type Part = (tell: Tell) => Promise<Row[]>;

/** A goal as text, with the check that it is. */
export interface Goal {
  text: string;
  holds(value: number): boolean;
}

export const atMost = (limit: number, unit = ''): Goal => ({
  text: `at most ${limit}${unit}`,
  holds: (value) => value <= limit,
});

export const atLeast = (limit: number, unit = ''): Goal => ({
  text: `at least ${limit}${unit}`,
  holds: (value) => value >= limit,
});

/** `digits` after the point; the goal is checked on what is shown. */
export function row(
  what: string,
  value: number,
  unit: string,
  goal: Goal | null,
  note = '',
  digits = unit === '' ? 2 : 0,
): Row {
  const shown = value.toFixed(digits);
  const met = goal === null ? null : goal.holds(Number(shown));
  return { what, value: `${shown}${unit}`, goal: goal?.text ?? '-', met, note };
}

/** The table in Markdown. */
export function tableLines(rows: readonly Row[]): string[] {
  return [
    '| what | measured | goal | | note |',
    '|---|---|---|---|---|',
    ...rows.map(({ what, value, goal, met, note }) => {
      const verdict = met === null ? '' : met ? 'met' : '**missed**';
      return `| ${[what, value, goal, verdict, note].join(' | ')} |`;
    }),
  ];
}
