import { readFile, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import { attempt, lastWords, run } from '../command.ts';
import { exists, makeFolder, readIfExists, writeFileAtomic } from '../disk/files.ts';
import {
  beginInstall,
  begunInstall,
  endInstall,
  installedPackages,
  missingPackages,
} from '../packages.ts';
import { withLock } from '../s6/lock.ts';
import type { ApplyContext } from './context.ts';

const UPDATE_LIMIT_MS = 300_000;
const INSTALL_LIMIT_MS = 900_000;
/** Two installs before this one, each as long as it may take. */
const OTHERS_LIMIT_MS = 2 * (INSTALL_LIMIT_MS + UPDATE_LIMIT_MS);
const LOCK_WAIT_SECONDS = 300;
const APT = ['apt-get', '-q', '-y', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`];
/** For dpkg: a config file that is there stays. */
const KEEP_CONFIG = ['--force-confdef', '--force-confold'];
const INSTALL = [
  ...APT,
  ...KEEP_CONFIG.flatMap((option) => ['-o', `Dpkg::Options::=${option}`]),
  '--no-install-recommends',
  'install',
];
const ENVIRONMENT = {
  DEBIAN_FRONTEND: 'noninteractive',
  DEBIAN_PRIORITY: 'critical',
  NEEDRESTART_SUSPEND: '1',
};
/** Debian asks this program whether an install may start or stop a daemon. */
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_BEFORE = `${POLICY}.kept-by-kato`;
/** One that was kept, and for which somebody has put another one in place since. */
const POLICY_OLDER = `${POLICY_BEFORE}.older`;
const POLICY_MARK = '# written by kato while it installs packages';
const NO_CLUSTER = '/etc/postgresql-common/createcluster.d/kato.conf';

/**
 * Installs those that are missing by apt. No daemon is started, stopped or made to start at boot
 * by it; an install that broke off is finished with this one. PACKAGE_MISSING names what this
 * machine's sources do not have.
 */
export async function installPackages(
  packages: string[],
  { paths, interrupted }: ApplyContext,
): Promise<void> {
  const waiting = { limitMs: OTHERS_LIMIT_MS, ...(interrupted && { interrupted }) };
  await withLock('packages', paths, () => installMissing(packages, paths), waiting);
}

async function installMissing(packages: string[], paths: Paths): Promise<void> {
  const missing = await missingPackages(packages, paths);
  const begun = await begunInstall(paths);
  if (missing.length === 0 && begun.length === 0) return;
  await requireCandidates(missing);
  const before = await installedPackages();
  const brought = new Set([...begun, ...(await wouldBring(missing))]);
  await beginInstall(brought, paths);
  await withoutDaemons(() => install(missing));
  for (const name of await installedPackages()) if (!before.has(name)) brought.add(name);
  await stayDownAtBoot(brought);
  await endInstall(paths);
}

/** Fresh lists first when the ones here do not know a package. */
async function requireCandidates(packages: string[]): Promise<void> {
  if ((await firstUnknown(packages)) === undefined) return;
  const update = await attempt([...APT, 'update'], { timeoutMs: UPDATE_LIMIT_MS });
  const unknown = await firstUnknown(packages);
  if (unknown === undefined) return;
  throw refuse(
    'PACKAGE_MISSING',
    `the package ${unknown} is not available`,
    update.exitCode === 0 ? "this machine's package sources do not have it" : lastWords(update),
    `make 'apt-cache show ${unknown}' find it, or install it by hand`,
  );
}

async function firstUnknown(packages: string[]): Promise<string | undefined> {
  for (const name of packages) {
    const { exitCode } = await attempt(['apt-cache', '--no-all-versions', 'show', name]);
    if (exitCode !== 0) return name;
  }
  return undefined;
}

/** All that apt would install for these that was not there before. */
async function wouldBring(packages: string[]): Promise<string[]> {
  const { stdout } = await attempt([...INSTALL, '--simulate', ...packages]);
  return stdout.split('\n').flatMap((line) => /^Inst (\S+) \(/.exec(line)?.[1] ?? []);
}

/**
 * Old lists name files that mirrors have dropped, and a dpkg that was killed has half of its work
 * before it: both are put right, then once more.
 */
async function install(packages: string[]): Promise<void> {
  const argv = [...INSTALL, ...packages];
  const options = { env: ENVIRONMENT, timeoutMs: INSTALL_LIMIT_MS };
  if ((await attempt(argv, options)).exitCode === 0) return;
  await attempt(['dpkg', ...KEEP_CONFIG, '--configure', '-a'], options);
  await attempt([...APT, 'update'], { timeoutMs: UPDATE_LIMIT_MS });
  const result = await attempt(argv, options);
  if (result.exitCode === 0) return;
  throw refuse(
    'FAILED',
    `apt could not install ${packages.join(', ')}`,
    lastWords(result),
    `run it by hand: apt-get install ${packages.join(' ')}`,
  );
}

async function withoutDaemons(action: () => Promise<void>): Promise<void> {
  await restorePolicy();
  if (await exists(POLICY_BEFORE)) await rename(POLICY_BEFORE, POLICY_OLDER);
  if (await exists(POLICY)) await rename(POLICY, POLICY_BEFORE);
  // Should this process be killed, the policy says yes to all again by itself.
  const policy = `#!/bin/sh\n${POLICY_MARK}\n[ ! -d /proc/${process.pid} ] || exit 101\n`;
  await writeFileAtomic(POLICY, policy, { mode: 0o755 });
  await makeFolder('/etc/postgresql-common/createcluster.d');
  await writeFileAtomic(NO_CLUSTER, 'create_main_cluster = false\n', { mode: 0o644 });
  try {
    await action();
  } finally {
    await rm(NO_CLUSTER, { force: true });
    await restorePolicy();
  }
}

/** Also after an earlier run that was killed. */
async function restorePolicy(): Promise<void> {
  if ((await readIfExists(POLICY))?.includes(POLICY_MARK)) await rm(POLICY);
  // What somebody has written meanwhile counts, and is not written over.
  if (await exists(POLICY)) return;
  if (await exists(POLICY_BEFORE)) await rename(POLICY_BEFORE, POLICY);
}

/** What a role needs runs under kato; a second copy at boot would take its port. */
async function stayDownAtBoot(packages: Iterable<string>): Promise<void> {
  for (const name of packages) {
    const { stdout } = await attempt(['dpkg', '-L', name]);
    const units = stdout
      .split('\n')
      .filter((path) => /\/systemd\/system\/[^/]+\.service$/.test(path));
    for (const path of units) {
      if (!(await hasInstallSection(path))) continue;
      await run(['deb-systemd-helper', 'disable', basename(path)], {
        env: { DPKG_MAINTSCRIPT_PACKAGE: name }, // it serves only who names a package
      });
    }
  }
}

async function hasInstallSection(unit: string): Promise<boolean> {
  return (await readFile(unit, 'utf8').catch(() => '')).includes('[Install]');
}
