import { stat } from 'node:fs/promises';
import { run } from './command.ts';

const FORMAT = `\${db:Status-Status} \${Package}\\n`;
const DPKG_STATUS = '/var/lib/dpkg/status';

/** Installed packages as of one state of dpkg's list, which is a large file. */
let known: { stamp: number; installed: Set<string> } | null = null;

/** Those of `packages` that are not installed on this Debian. */
export async function missingPackages(packages: readonly string[]): Promise<string[]> {
  if (packages.length === 0) return [];
  const installed = await installedPackages();
  return packages.filter((name) => !installed.has(name));
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
