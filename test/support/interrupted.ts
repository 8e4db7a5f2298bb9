import assert from 'node:assert/strict';
import type { Host } from './lab/host.ts';
import { CHECKOUT } from './lab/store.ts';

/** What a command ends with that is interrupted so. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137 };
const HOOK = `--import ${CHECKOUT}/test/support/interrupt.ts`;

export interface Line {
  argv: string[];
  env?: Record<string, string>;
}

/** Runs a command that gets a signal as a phase begins, and does not outlive it. */
export async function interrupted(
  host: Host,
  phase: string,
  signal: string,
  line: Line,
): Promise<void> {
  const { argv, env } = line;
  const hooked = { ...env, NODE_OPTIONS: HOOK, KATO_TEST_INTERRUPT: `${phase} ${signal}` };
  const { exitCode, stderr } = await host.run(argv, { env: hooked });
  const wanted = SIGNALS[signal as keyof typeof SIGNALS];
  assert.equal(exitCode, wanted, `${signal} at ${phase}: ${stderr}`);
  assert.match(stderr, new RegExp(`^==> ${phase}:`, 'm'));
}

/** A module that kills the program that it is imported into, after so many renames of what goes aside. */
export function killAfter(renames: number): string {
  return `import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
const { rename } = fs;
let count = 0;
fs.rename = async (from, to) => {
  await rename(from, to);
  if (/aside\\/\\d+T/.test(to) && ++count === ${renames}) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
`;
}
