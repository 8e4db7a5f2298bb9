import { setTimeout as pause } from 'node:timers/promises';
import type { Status } from '../domain/status.ts';
import { print } from './output.ts';
import { statusLines } from './render/status.ts';
import { styleFor } from './render/style.ts';

const INTERVAL_MS = 2000;
const CLEAR_SCREEN = '\x1b[2J\x1b[H';

/** Redraws a terminal; elsewhere prints what differs from the last time. Ends with SIGINT, well. */
export async function watchStatus(look: () => Promise<Status>): Promise<never> {
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => process.exit(0));
  const style = await styleFor(process.stdout);
  let last = '';
  for (;;) {
    const lines = statusLines(await look(), style);
    const text = withoutAges(lines);
    if (process.stdout.isTTY === true) process.stdout.write(CLEAR_SCREEN);
    if (process.stdout.isTTY === true || text !== last) print(lines);
    last = text;
    await pause(INTERVAL_MS);
  }
}

/** Seconds that pass are no change. */
function withoutAges(lines: readonly string[]): string {
  return lines.join('\n').replaceAll(/\b\d+ (s|min|h|d)( ago)?\b/g, '');
}
