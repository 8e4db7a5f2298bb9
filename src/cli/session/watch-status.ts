import { setTimeout as pause } from 'node:timers/promises';
import { KatoError } from '../../domain/base/error.ts';
import { printableValue } from '../../domain/base/printable.ts';
import type { Status } from '../../domain/telling/status.ts';
import { canRedraw, widthOf } from '../input/terminal.ts';
import { print } from '../output.ts';
import { statusBlocks, statusLines } from '../render/status.ts';
import { fitted } from '../render/text/fit.ts';
import { openScreen } from '../render/text/screen.ts';
import { type Style, styleFor } from '../render/text/style.ts';
import { ageText } from '../render/text/time.ts';

const INTERVAL_MS = 2000;

/** What is shown, and how the watching ends. */
interface Shower {
  show(status: Status): void;
  end(): void;
}

/**
 * Draws the status over and over in a terminal, within its size; elsewhere prints what differs from
 * the last time. Ends with SIGINT, well. Throws only what the first look throws: after that, who
 * watches wants to see the end of an outage, too.
 */
export async function watchStatus(look: () => Promise<Status>): Promise<never> {
  const style = await styleFor(process.stdout);
  let last = await look();
  let lastMs = performance.now();
  const shower = canRedraw(process.stdout) ? onScreen(style) : inLines(style);
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => {
    shower.end();
    process.exit(0);
  });
  shower.show(last);
  for (;;) {
    await pause(INTERVAL_MS);
    try {
      last = await look();
      lastMs = performance.now();
      shower.show(last);
    } catch (error) {
      if (!(error instanceof KatoError)) throw error;
      shower.show(asOfThen(last, (performance.now() - lastMs) / 1000, error));
    }
  }
}

function onScreen(style: Style): Shower {
  const { stdout } = process;
  let last: Status | null = null;
  const screen = openScreen(stdout, draw);
  return {
    show: (status) => {
      last = status;
      draw();
    },
    end: screen.end,
  };

  function draw(): void {
    if (last === null) return;
    const width = widthOf(stdout);
    const blocks = statusBlocks(printableValue(last), style, width).map((block) => ({
      ...block,
      lines: block.lines.map(style.shown),
    }));
    screen.draw(fitted(blocks, screen.size, style, width));
  }
}

function inLines(style: Style): Shower {
  let last = '';
  return {
    show: (status) => {
      const lines = statusLines(printableValue(status), style, widthOf(process.stdout));
      const text = withoutAges(lines);
      if (text !== last) print(lines, style);
      last = text;
    },
    end: () => undefined,
  };
}

/** What was seen last, below the reason why nothing newer is available. */
function asOfThen(last: Status, seconds: number, { message }: KatoError): Status {
  const warning = `${message}: everything else is shown as it was ${ageText(seconds)} ago`;
  return { ...last, warnings: [{ code: 'CONTROLLER_AWAY', message: warning }, ...last.warnings] };
}

/** Passing seconds are not a change. */
function withoutAges(lines: readonly string[]): string {
  return lines.join('\n').replaceAll(/\b\d+ (s|min|h|d)( ago)?\b/g, '');
}
