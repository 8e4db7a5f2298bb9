import { type FSWatcher, watch } from 'node:fs';
import type { Paths } from '../../domain/making/paths.ts';
import { RECOVERED_SECONDS } from './process-state.ts';
import { serviceNames, serviceOf } from './service.ts';

const DEBOUNCE_MS = 30;
/** For what the kernel's events miss, such as a folder replaced between two looks. */
const RESCAN_MS = 10_000;

/** Whoever has kept dying counts as well from then on, if it is ready: no event tells that. */
const REST_MS = 1000 * RECOVERED_SECONDS + 200;

/**
 * Calls back soon after a process has changed its state, a service folder comes or goes, or a log
 * loses lines; and once nothing of that has happened for a while.
 */
export function watchProcesses(
  paths: Paths,
  { onChange, onRest }: { onChange(): void; onRest(): void },
): Disposable {
  const watchers = new Map<string, FSWatcher>();
  let pending: NodeJS.Timeout | undefined;
  let resting: NodeJS.Timeout | undefined;
  let closed = false;

  const changed = () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      void follow();
      onChange();
      clearTimeout(resting);
      resting = setTimeout(onRest, REST_MS).unref();
    }, DEBOUNCE_MS).unref();
  };
  const add = (folder: string) => {
    if (watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, changed);
      watcher.on('error', () => drop(folder));
      watchers.set(folder, watcher);
    } catch {
      // Not there yet: the next look finds it.
    }
  };
  const drop = (folder: string) => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const follow = async () => {
    const names = await serviceNames(paths).catch(() => []);
    if (closed) return;
    const known = watchers.size;
    const wanted = names.map((name) => serviceOf(name, paths));
    const own = [paths.service, paths.lost];
    const folders = [...own, ...wanted.flatMap((folder) => [folder, `${folder}/supervise`])];
    for (const folder of watchers.keys()) if (!folders.includes(folder)) drop(folder);
    for (const folder of folders) add(folder);
    if (watchers.size > known) changed(); // something may have happened before it was watched
  };

  void follow();
  const timer = setInterval(() => void follow(), RESCAN_MS).unref();
  return {
    [Symbol.dispose]: () => {
      closed = true;
      clearInterval(timer);
      clearTimeout(pending);
      clearTimeout(resting);
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}
