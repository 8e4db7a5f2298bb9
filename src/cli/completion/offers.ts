import type { Wanted } from './wanted.ts';

/** A word that may come next, and what it is. */
export interface Name {
  word: string;
  help: string;
}

/**
 * Names that begin as typed and were not said yet, each behind what stands before it in a list:
 * `router,redis`, a space, what it is.
 */
export function offersFor({ taker, typed, said }: Wanted, names: readonly Name[]): string[] {
  const isList = taker.list === true;
  const before = isList ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const last = typed.slice(before.length);
  const taken = new Set([...said, before].flatMap((word) => (isList ? word.split(',') : [word])));
  const also = (taker.also ?? []).map((word) => ({ word, help: '' }));
  const free = [...also, ...names]
    .filter(({ word }) => word.startsWith(last) && !taken.has(word))
    .filter(({ word }) => ONE_WORD.test(word));
  const lines = free.map(
    ({ word, help }) => [word, `${before}${word} ${help.replaceAll(NOT_SHOWN, ' ')}`] as const,
  );
  // Two nodes may have the same process.
  return [...new Map(lines).values()];
}

/** No space, and nothing that a terminal would take for a command. */
const ONE_WORD = /^[^\s\p{C}]+$/u;
const NOT_SHOWN = /[\s\p{C}]+/gu;
