import { watch } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 50;
/** What the kernel's events miss is seen after this. */
const MISSED_MS = 2000;

/** Asks until the answer is truthy or the time is over; the last answer is handed back. */
export function within<T>(limitMs: number, ask: () => Promise<T>): Promise<T> {
  return asked(limitMs, ask, () => pause(STEP_MS));
}

/** As `within`, but asks again when something in the folder has changed: where asking is dear. */
export async function withinChanges<T>(
  folder: string,
  limitMs: number,
  ask: () => Promise<T>,
): Promise<T> {
  using changes = changesIn(folder);
  return await asked(limitMs, ask, (leftMs) => changes.next(Math.min(leftMs, MISSED_MS)));
}

async function asked<T>(
  limitMs: number,
  ask: () => Promise<T>,
  rest: (leftMs: number) => Promise<void>,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    const leftMs = deadline - performance.now();
    if (answer || leftMs < 0) return answer;
    await rest(leftMs);
  }
}

/** `next` resolves at once for what changed since the last one. Looks every so often where it cannot watch. */
function changesIn(folder: string): Disposable & { next(limitMs: number): Promise<void> } {
  const idle = (): void => {};
  let changed = false;
  let wake = idle;
  const note = (): void => {
    changed = true;
    wake();
  };
  const watcher = watching(folder, note);
  return {
    next: (limitMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(note, watcher === null ? STEP_MS : limitMs);
        wake = () => {
          wake = idle;
          clearTimeout(timer);
          changed = false;
          resolve();
        };
        if (changed) wake();
      }),
    [Symbol.dispose]: () => watcher?.close(),
  };
}

function watching(folder: string, onChange: () => void) {
  try {
    return watch(folder, onChange).on('error', onChange);
  } catch {
    return null;
  }
}
