import { setTimeout as pause } from 'node:timers/promises';
import type { Status } from '../domain/status.ts';
import { clearScreen, print } from './output.ts';
import { printableValue } from './printable.ts';
import { statusLines } from './render/status.ts';
import { styleFor } from './render/style.ts';
import { widthOf } from './terminal.ts';

const INTERVAL_MS = 2000;

/** Redraws a terminal; elsewhere prints what differs from the last time. Ends with SIGINT, well. */
export async function watchStatus(look: () => Promise<Status>): Promise<never> {
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => process.exit(0));
  const style = await styleFor(process.stdout);
  let last = '';
  for (;;) {
    const lines = statusLines(printableValue(await look()), style, widthOf(process.stdout));
    const text = withoutAges(lines);
    if (process.stdout.isTTY === true) clearScreen();
    if (process.stdout.isTTY === true || text !== last) print(lines, style);
    last = text;
    await pause(INTERVAL_MS);
  }
}

/** Seconds that pass are no change. */
function withoutAges(lines: readonly string[]): string {
  return lines.join('\n').replaceAll(/\b\d+ (s|min|h|d)( ago)?\b/g, '');
}
