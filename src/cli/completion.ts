import { bash } from './completion/bash.ts';
import { fish } from './completion/fish.ts';
import type { Definition } from './completion/named.ts';
import { type Topic, treeOf } from './completion/tree.ts';
import { zsh } from './completion/zsh.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * A script for a shell. It contains all of kato's own words: a key press starts a program only
 * where names are wanted, which `kato complete` provides.
 */
export function completionScript(
  shell: Shell,
  definitions: readonly Definition[],
  topics: readonly Topic[],
): string[] {
  return { bash, zsh, fish }[shell](treeOf(definitions, topics));
}
