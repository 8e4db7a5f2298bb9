import { rm, stat } from 'node:fs/promises';
import type { Paths } from '../domain/making/paths.ts';
import { run } from './command.ts';
import { makeFolder, readIfExists, writeFileAtomic } from './disk/files.ts';

const FORMAT = `\${db:Status-Status} \${Package}\\n`;
const DPKG_STATUS = '/var/lib/dpkg/status';

/** Installed packages as of one state of dpkg's list, which is a large file. */
let known: { stamp: number; installed: Set<string> } | null = null;

/** Those of `packages` that this Debian does not have, or has by an install that broke off. */
export async function missingPackages(
  packages: readonly string[],
  paths: Paths,
): Promise<string[]> {
  if (packages.length === 0) return [];
  const installed = await installedPackages();
  const begun = await begunInstall(paths);
  return packages.filter((name) => !installed.has(name) || begun.includes(name));
}

/** What an install that is under way, or broke off, was to bring; empty where there is none. */
export async function begunInstall(paths: Paths): Promise<string[]> {
  const text = await readIfExists(markOf(paths));
  return text?.split('\n').filter((name) => name !== '') ?? [];
}

/** From now on, also after a crash, these count as missing. */
export async function beginInstall(names: ReadonlySet<string>, paths: Paths): Promise<void> {
  await makeFolder(paths.state, 0o700);
  await writeFileAtomic(markOf(paths), `${[...names].join('\n')}\n`, { mode: 0o600 });
}

export async function endInstall(paths: Paths): Promise<void> {
  await rm(markOf(paths), { force: true });
}

function markOf({ state }: Paths): string {
  return `${state}/installing`;
}

export async function installedPackages(): Promise<Set<string>> {
  const stamp = (await stat(DPKG_STATUS)).mtimeMs;
  if (known?.stamp === stamp) return known.installed;
  const { stdout } = await run(['dpkg-query', '-W', '-f', FORMAT]);
  const lines = stdout.split('\n').map((line) => line.split(' '));
  const installed = new Set(
    lines.filter(([status]) => status === 'installed').map((line) => line[1]!),
  );
  known = { stamp, installed };
  return installed;
}
