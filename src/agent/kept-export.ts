import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isAway, KatoError, toErrorRecord } from '../domain/base/error.ts';
import type { Paths } from '../domain/making/paths.ts';
import type { View } from '../domain/views/view.ts';
import { stampNow } from '../machine/disk/aside.ts';
import {
  exists,
  makeFolder,
  movePath,
  readIfExists,
  writeFileAtomic,
} from '../machine/disk/files.ts';
import type { ClusterLink } from './cluster-link.ts';
import { nodeTime } from './node-time.ts';

export interface ExportKeeper {
  /**
   * Fetches an export when it is time for one; a view of an older kato says nothing of it. Returns why it
   * could not be kept.
   */
  keep(view: Pick<View, 'keptExport' | 'version'>): Promise<KatoError | null>;
  /** For the report of this node. */
  readonly said: { exportedAt?: string };
  /** The revision since which this node is to keep what it fetches at the moment; null while it fetches nothing. */
  readonly underWay: number | null;
}

/** Keeps the cluster's export on this node's disk while the view asks for it: sealed, so not for this node. */
export async function exportKeeper(paths: Paths, link: ClusterLink): Promise<ExportKeeper> {
  let upToDate = await writtenAt(paths.keptExport);
  let key: string | null = null;
  let hash: string | null = null;
  let dueMs = Number.NEGATIVE_INFINITY;
  let wanting: { key: string; since: number } | null = null;
  let underWay: number | null = null;

  return {
    keep: async ({ keptExport: wanted, version: { lineage, revision } }) => {
      if (!wanted) {
        upToDate = null;
        wanting = null;
        return null;
      }
      if (wanted.key !== key) dueMs = Number.NEGATIVE_INFINITY;
      if (wanting?.key !== wanted.key) wanting = { key: wanted.key, since: revision };
      if (performance.now() < dueMs || !link.connected) return null;
      underWay = wanting.since;
      try {
        if ((await writtenAt(paths.keptExport)) === null) hash = null;
        const fetched = await link.fetchExport(hash);
        if (fetched !== null) {
          await makeFolder(dirname(paths.keptExport), 0o700);
          await keepOlder(paths, lineage);
          await writeFileAtomic(paths.keptExport, fetched.sealed, { mode: 0o600 });
          hash = fetched.hash;
        }
        upToDate = nodeTime();
        key = wanted.key;
        dueMs = performance.now() + wanted.intervalMs;
        return null;
      } catch (error) {
        // The next pass retries it; that somebody is away is reported elsewhere.
        if (isAway(error)) return null;
        return new KatoError(toErrorRecord(error), { cause: error });
      } finally {
        underWay = null;
      }
    },
    get underWay() {
      return underWay;
    },
    get said() {
      return upToDate === null ? {} : { exportedAt: upToDate };
    },
  };
}

/**
 * After a recovery or an import there is another history, perhaps of a state that was too old: then
 * what is here may be the only copy of the better one.
 */
async function keepOlder(paths: Paths, lineage: string): Promise<void> {
  const { keptExport, aside } = paths;
  const file = `${dirname(keptExport)}/lineage`;
  if ((await readIfExists(file)) === lineage) return;
  if (await exists(keptExport)) {
    await makeFolder(aside, 0o700);
    await movePath(keptExport, `${aside}/${stampNow()}-${basename(keptExport)}`);
  }
  await writeFileAtomic(file, lineage, { mode: 0o600 });
}

async function writtenAt(file: string): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  return found === null ? null : found.mtime.toISOString();
}
