const WIDTH_MAX = 100;
const WIDTH_MIN = 40;
/** A serial console may say that it has no columns; those in use have at least these. */
const WIDTH_UNKNOWN = 80;

/** What a stream says of the terminal behind it, if there is one. */
export interface Terminal {
  isTTY?: boolean;
  columns?: number;
}

/**
 * Columns that text for a stream may have: those of its terminal, from 40 to 100. Where it is none
 * they are 100, so that scripts see the same whatever terminal they were started in.
 */
export function widthOf({ isTTY, columns }: Terminal): number {
  if (isTTY !== true) return WIDTH_MAX;
  return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns || WIDTH_UNKNOWN));
}

/** Whether lines can be drawn over: where that is not so, each is written once. */
export function canRedraw({ isTTY, columns = 0 }: Terminal): boolean {
  return isTTY === true && columns > 0 && process.env.TERM !== 'dumb';
}
