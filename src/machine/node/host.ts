import { hostname } from 'node:os';
import { attempt } from '../command.ts';
import { readIfExists } from '../disk/files.ts';

export interface HostFacts {
  hostname: string;
  /** With its domain where the machine knows one, else as `hostname`. */
  fullName: string;
  /** systemd's machine id; images that were cloned may share it. Empty without one. */
  machineId: string;
  /** As in os-release: `debian`, `12`. */
  distribution: { id: string; version: string };
}

export async function hostFacts(): Promise<HostFacts> {
  const [full, id, release] = await Promise.all([
    fullName(),
    machineId(),
    readIfExists('/etc/os-release'),
  ]);
  return {
    hostname: hostname(),
    fullName: full,
    machineId: id,
    distribution: {
      id: releaseField(release ?? '', 'ID') ?? 'unknown',
      version: releaseField(release ?? '', 'VERSION_ID') ?? '',
    },
  };
}

/** Empty on a machine without one. */
export async function machineId(): Promise<string> {
  return (await readIfExists('/etc/machine-id'))?.trim() ?? '';
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function fullName(): Promise<string> {
  const { exitCode, stdout } = await attempt(['hostname', '--fqdn'], { timeoutMs: 3000 }).catch(
    () => ({ exitCode: 1, stdout: '' }), // a resolver that does not answer
  );
  const name = stdout.trim();
  return exitCode === 0 && name !== '' && name !== 'localhost' ? name : hostname();
}

function releaseField(text: string, name: string): string | undefined {
  return new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1];
}
