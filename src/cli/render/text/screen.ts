import { heightOf, lengthOf, type Size } from './fit.ts';

/** A terminal in which one picture is drawn over the other. */
export interface Screen {
  /** Lines that it has room for; the row below them is where the cursor waits. */
  readonly size: Size;
  /** Lines as they go to the terminal: colours and no other control characters. */
  draw(lines: readonly string[]): void;
  /** Leaves the last picture, and the cursor at the start of an empty line below it. */
  end(): void;
}

/** `onResize` is to draw again. What the terminal showed before is found by scrolling back. */
export function openScreen(stream: NodeJS.WriteStream, onResize: () => void): Screen {
  stream.write('\n'.repeat(stream.rows) + goTo(0));
  stream.on('resize', onResize);
  return {
    get size() {
      return { rows: stream.rows - 1, columns: stream.columns };
    },
    draw: (lines) => {
      // One write: nobody sees a picture that is half the old one.
      stream.cork();
      stream.write(clearAround(lines, stream.columns) + goTo(0));
      stream.write(lines.map((line) => `${line}\n`).join(''));
      stream.uncork();
    },
    end: () => {
      stream.off('resize', onResize);
      // The terminal has shown the ^C.
      stream.write(`\r${CLEAR_BELOW}`);
    },
  };
}

const CLEAR_REST_OF_ROW = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

function goTo(row: number, column = 0): string {
  return `\x1b[${row + 1};${column + 1}H`;
}

/** Clears what lines will not cover, and only that: what does not change does not flicker. */
function clearAround(lines: readonly string[], columns: number): string {
  let row = 0;
  let text = '';
  for (const line of lines) {
    row += heightOf([line], columns);
    const column = lengthOf(line) % columns;
    // A row that is covered to its end has no rest.
    if (column > 0 || line === '') text += goTo(row - 1, column) + CLEAR_REST_OF_ROW;
  }
  return text + goTo(row) + CLEAR_BELOW;
}
