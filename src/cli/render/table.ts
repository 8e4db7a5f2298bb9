import { printable } from '../printable.ts';

export const WIDTH_MAX = 100;
const GAP = '  ';
/** A last column narrower than this would be unreadable: the line is longer instead. */
const LAST_WIDTH_MIN = 20;

/**
 * Rows with columns under each other, at most 100 wide: what is in the last column goes on in
 * further lines. `paint` may colour a cell after it is measured; what is in it has no colour.
 */
export function table(
  given: readonly (readonly string[])[],
  paint: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const rows = given.map((row) => row.map(printable));
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count - 1 }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const before = widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const lastWidth = Math.max(LAST_WIDTH_MIN, WIDTH_MAX - before);
  return rows.flatMap((row, at) => {
    const start = widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return paint(cell, at, column) + ' '.repeat(width - cell.length);
      })
      .join(GAP);
    const [first = '', ...more] = wrap(row[count - 1] ?? '', lastWidth);
    const line = count > 1 ? `${start}${GAP}` : '';
    return [
      `${line}${paint(first, at, count - 1)}`.trimEnd(),
      ...more.map((text) => `${' '.repeat(before)}${paint(text, at, count - 1)}`),
    ];
  });
}

/** Lines of at most `width` characters, broken between words where a word allows it. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
