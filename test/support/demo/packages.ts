import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { attempt } from '../lab/processes.ts';

/** `scripts/setup` writes here what it installs. */
const BROUGHT = '/var/lib/kato-setup/packages';

/** Debian packages that setup installed on this machine and that are still there. */
export function leftPackages(): string[] {
  const text = attempt(() => readFileSync(BROUGHT, 'utf8')) ?? '';
  return [...new Set(text.split('\n'))].filter(isInstalled);
}

function isInstalled(name: string): boolean {
  if (name === '') return false;
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]);
  return String(stdout) === 'installed';
}
