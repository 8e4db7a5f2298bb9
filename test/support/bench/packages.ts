import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Tell } from './row.ts';

const POLICY = '/usr/sbin/policy-rc.d';
const HELD = `${POLICY}.before-bench`;

/** Installs what is missing of Debian's, without starting any server of it, now or at boot. */
export function needPackages(names: readonly string[], tell: Tell): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`only root can install ${missing.join(' ')}`);
  tell(`installing for comparison: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['-qq', '-y', '--no-install-recommends', 'install', ...missing];
  const apt = (...words: string[]): number | null =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...words], { env, stdio: 'ignore' })
      .status;
  if (existsSync(POLICY)) renameSync(POLICY, HELD);
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    if (apt(...install) !== 0 && (apt('-qq', 'update') !== 0 || apt(...install) !== 0)) {
      throw new Error(`apt could not install ${missing.join(' ')}`);
    }
  } finally {
    rmSync(POLICY, { force: true });
    if (existsSync(HELD)) renameSync(HELD, POLICY);
  }
  for (const server of ['ssh', 'haproxy']) {
    if (existsSync(`/etc/init.d/${server}`)) spawnSync('update-rc.d', [server, 'disable']);
  }
}

function isInstalled(name: string): boolean {
  try {
    const format = ['-W', '-f', '${db:Status-Status}', name];
    return execFileSync('dpkg-query', format, { encoding: 'utf8', stdio: 'pipe' }) === 'installed';
  } catch {
    return false;
  }
}
