import type { Paths } from '../domain/making/paths.ts';
import { makeFolder, readIfExists, writeFileAtomic } from '../machine/disk/files.ts';

/** What the machine's clock showed when the kernel's own, which nobody sets, began. */
let originMs = Date.now() - sinceBootMs();
let lastMs = 0;

/**
 * ISO time of this node. Goes on evenly, whatever becomes of the machine's clock, and is later each
 * time: controllers tell by it which of two reports is the newer one.
 */
export function nodeTime(): string {
  lastMs = Math.max(lastMs + 1, originMs + sinceBootMs());
  return new Date(lastMs).toISOString();
}

/** A restarted agent continues the time of the previous one, until the next boot. */
export async function keepTime(paths: Paths): Promise<void> {
  const file = `${paths.run}/time-origin`;
  const kept = Number((await readIfExists(file)) ?? Number.NaN);
  if (Number.isSafeInteger(kept) && kept > 0) originMs = kept;
  else {
    await makeFolder(paths.run);
    await writeFileAtomic(file, `${originMs}\n`, { mode: 0o600 });
  }
}

function sinceBootMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
