import { stripVTControlCharacters } from 'node:util';
import type { Block } from '../status.ts';
import type { Style } from './style.ts';
import { wrap } from './table.ts';

/** A terminal, in characters. */
export interface Size {
  rows: number;
  columns: number;
}

/**
 * The lines of as many blocks as there is height for, from the first on, and below them a line that
 * says how much is left out. That line is laid out for `width` columns. All are as they are shown.
 */
export function fitted(
  blocks: readonly Block[],
  { rows, columns }: Size,
  style: Style,
  width: number,
): string[] {
  const heights = blocks.map(({ lines }) => heightOf(lines, columns));
  let height = heights.reduce((sum, one) => sum + one, 0);
  for (let shown = blocks.length; shown > 0; shown--) {
    const left = leftOut(blocks.slice(shown), width);
    if (height + heightOf(left, columns) <= rows) {
      const lines = blocks.slice(0, shown).flatMap((block) => block.lines);
      return [...lines, ...left.map((line) => style.shown(style.dim(line)))];
    }
    height -= heights[shown - 1]!;
  }
  return leftOut(blocks, width).slice(0, rows);
}

/** Rows that lines take in a terminal, which goes on below with what is too long. */
export function heightOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(lengthOf(line) / columns)), 0);
}

/** Characters that are seen of a line. */
export function lengthOf(line: string): number {
  return stripVTControlCharacters(line).length;
}

/** `... 12 more nodes, 1 more pool`. */
function leftOut(blocks: readonly Block[], width: number): string[] {
  const counts = new Map<string, number>();
  for (const { shows } of blocks) {
    if (shows !== undefined) counts.set(shows.what, (counts.get(shows.what) ?? 0) + shows.count);
  }
  if (counts.size === 0) return [];
  const texts = [...counts].map(([what, count]) => {
    const [noun, ...rest] = what.split(' ');
    return [count, 'more', count === 1 ? noun : `${noun}s`, ...rest].join(' ');
  });
  return wrap(`... ${texts.join(', ')}`, width);
}
