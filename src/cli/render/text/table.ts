import { printable } from '../../../domain/base/printable.ts';

const GAP = '  ';
/** What goes on below its row stands further in than any row begins. */
const BELOW = '    ';
/** A last column narrower than this would be unreadable: it goes below instead. */
const LAST_WIDTH_MIN = 20;

type Paint = (cell: string, row: number, column: number) => string;

/** The lines of all rows, one after the other. */
export function table(
  rows: readonly (readonly string[])[],
  width: number,
  paint: Paint = (cell) => cell,
): string[] {
  return tableRows(rows, width, paint).flat();
}

/**
 * Rows with columns under each other, at most `width` wide: what is in the last column goes on in
 * further lines. Where that leaves it no room, or not enough for one of its words, it stands below
 * its row; where the other columns alone are too wide, cells follow each other as they are. `paint`
 * may colour a cell after it is measured; what is in it has no colour.
 */
export function tableRows(
  given: readonly (readonly string[])[],
  width: number,
  paint: Paint = (cell) => cell,
): string[][] {
  const rows = given.map((row) => row.map(printable));
  const sizes = columnSizes(rows);
  const last = sizes.pop() ?? 0;
  const before = sizes.reduce((sum, size) => sum + size + GAP.length, 0);
  const room = width - before;
  const hasRoom = room >= Math.min(last, LAST_WIDTH_MIN);
  const isAligned = hasRoom || before - GAP.length <= width;
  return rows.map((row, at) => {
    const cells = sizes.map((size, column) => {
      const cell = row[column] ?? '';
      const padding = isAligned ? ' '.repeat(size - cell.length) : '';
      return { length: cell.length, text: paint(cell, at, column) + padding };
    });
    const rest = row[sizes.length] ?? '';
    const paintRest = (line: string): string => paint(line, at, sizes.length);
    const start = cells.map(({ text }) => text);
    if (hasRoom && longestPart(rest) <= room) {
      const [first = '', ...more] = wrap(rest, room).map(paintRest);
      const line = [...start, first].join(GAP).trimEnd();
      return [line, ...more.map((text) => ' '.repeat(before) + text)];
    }
    const above = isAligned ? [start.join(GAP).trimEnd()] : flow(cells, width);
    const below = rest === '' ? [] : wrap(rest, width - BELOW.length).map(paintRest);
    return [...above, ...below.map((text) => BELOW + text)];
  });
}

function columnSizes(rows: readonly (readonly string[])[]): number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
}

/** Cells one after the other, those that do not fit any more below. */
function flow(cells: readonly { length: number; text: string }[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let length = 0;
  for (const cell of cells.filter((one) => one.length > 0)) {
    if (length > 0 && length + GAP.length + cell.length > width) {
      lines.push(line);
      [line, length] = [BELOW + cell.text, BELOW.length + cell.length];
    } else {
      const gap = length === 0 ? '' : GAP;
      [line, length] = [line + gap + cell.text, length + gap.length + cell.length];
    }
  }
  return [...lines, line];
}

/**
 * Lines of at most `width` characters, broken between words, and after the commas of a word that is
 * too long. A line is longer where one such part is: it can be copied as it is.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    for (const [at, part] of (word.length > width ? partsOf(word) : [word]).entries()) {
      const longer = line + (at === 0 && line !== '' ? ' ' : '') + part;
      if (longer.length > width && line !== '') {
        lines.push(line);
        line = part;
      } else line = longer;
    }
  }
  return [...lines, line];
}

function partsOf(word: string): string[] {
  return word.split(/(?<=,)/);
}

/** What a person gave may have very many. */
function longestPart(text: string): number {
  const parts = text.split(' ').flatMap(partsOf);
  return parts.reduce((longest, part) => Math.max(longest, part.length), 0);
}
