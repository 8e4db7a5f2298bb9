import { watch } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 50;
/** What the kernel's events miss is seen after this. */
const MISSED_MS = 2000;

/** Asks until the answer is truthy or the time is over; the last answer is handed back. */
export function within<T>(limitMs: number, ask: () => Promise<T>): Promise<T> {
  return asked(limitMs, ask, () => pause(STEP_MS));
}

/**
 * As `within`, but asks again when something in the folder has changed: where asking is dear. Throws the
 * reason of `interrupted` once that is aborted.
 */
export async function withinChanges<T>(
  folder: string,
  limitMs: number,
  ask: () => Promise<T>,
  interrupted?: AbortSignal,
): Promise<T> {
  using changes = changesIn(folder);
  interrupted?.addEventListener('abort', changes.note);
  try {
    return await asked(limitMs, ask, async (leftMs) => {
      interrupted?.throwIfAborted();
      await changes.next(Math.min(leftMs, MISSED_MS));
    });
  } finally {
    interrupted?.removeEventListener('abort', changes.note);
  }
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
function changesIn(
  folder: string,
): Disposable & { note(): void; next(limitMs: number): Promise<void> } {
  const idle = (): void => {};
  let changed = false;
  let wake = idle;
  const note = (): void => {
    changed = true;
    wake();
  };
  const watcher = watching(folder, note);
  return {
    note,
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

/** Null where the kernel cannot tell of changes: who asks has to look now and then. */
export function watching(folder: string, onChange: () => void) {
  try {
    return watch(folder, { persistent: false }, onChange).on('error', onChange);
  } catch {
    return null;
  }
}
