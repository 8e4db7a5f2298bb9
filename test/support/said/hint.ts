import assert from 'node:assert/strict';
import { readText } from '../sources.ts';
import { commandsAt, maskedText, partsOf } from './words.ts';

export const GOLDEN = 'test/unit/golden/said.txt';

/** A hint as it was printed. */
export interface Hint {
  text: string;
  /** Its commands, to be typed as they are. */
  commands: string[];
  /** What stood for each `${...}`. */
  values: string[];
}

/**
 * The printed hint is the one that the listing has as `file: text`; what it names is there to be run.
 * Tests that follow a hint call this: `test/unit/said.test.ts` finds them by it.
 */
export function hint(printed: string | undefined, listed: string): Hint {
  const isListed = readText(GOLDEN)
    .split('\n')
    .some((line) => line.replace(/^\w+ +/, '') === listed);
  assert.ok(isListed, `${GOLDEN} has no ${listed}`);
  const text = listed.slice(listed.indexOf(': ') + 2);
  const found = patternOf(listed).exec(printed ?? '');
  assert.ok(found, `printed was: ${printed}\nnot: ${text}`);
  const values = found.slice(1);
  const filled = (word: string): string =>
    word.replaceAll(/VALUE(\d+)_/g, (_, index) => values[Number(index)]!);
  const commands = commandsAt(maskedText(text, (_, index) => `VALUE${index}_`)).map(
    ({ path, words }) => filled(['kato', ...path, ...words].join(' ')),
  );
  return { text: found[0], commands, values };
}

/** Whether a line may be the listed text. */
export function isHint(line: string, listed: string): boolean {
  return patternOf(listed).test(line);
}

function patternOf(listed: string): RegExp {
  const parts = partsOf(listed.slice(listed.indexOf(': ') + 2));
  const plain = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${plain.join('([\\s\\S]*?)')}$`);
}
