import { rm } from 'node:fs/promises';
import { balancerRoles } from '../../domain/traffic/proxies.ts';
import type { View } from '../../domain/views/view.ts';
import { setAside } from '../../machine/disk/aside.ts';
import { makeFolder } from '../../machine/disk/files.ts';
import { takeKept, writeKept } from '../../machine/disk/kept-json.ts';
import { readLedger } from '../../machine/node/ledger.ts';
import { shutdownSupervision } from '../../machine/s6/shutdown.ts';
import { bootSupervision, supervisionRunning } from '../../machine/s6/supervision.ts';
import { type Carried, losesData } from './carried.ts';
import type { Host } from './host.ts';

/** What a machine that joins again will be, kept until it is: by then its ledger is gone. */
export interface Wanted {
  clusterId: string;
  roles: string[];
  name: string | undefined;
}

/** Without its data, which the new node uses again. */
const IDENTITY_ALONE = ['service', 'config', 'state'];

/**
 * Stops all that runs here and sets it aside. Returns where it is. When it cannot be moved, all is
 * where it was, and runs as before.
 */
export async function putAside(host: Host, carried: Carried, wanted: Wanted): Promise<string[]> {
  const { paths } = host;
  await makeFolder(paths.aside, 0o700);
  await writeKept(wantedFile(host), wanted);
  const ran = await supervisionRunning(paths);
  await shutdownSupervision(paths);
  const only = losesData(carried) ? {} : { only: IDENTITY_ALONE };
  try {
    return await setAside(paths, { node: carried.identity.name, ...only });
  } catch (error) {
    if (ran) await bootSupervision(paths);
    throw error;
  }
}

/**
 * What a run before this one, which broke off, was to make of this machine in that cluster; where it is,
 * if it is damaged.
 */
export async function wantedBefore(host: Host, clusterId: string) {
  const { value, aside } = await takeKept<Wanted>(wantedFile(host));
  return { before: value?.clusterId === clusterId ? value : null, damaged: aside };
}

export async function forgetWanted(host: Host): Promise<void> {
  await rm(wantedFile(host), { force: true });
}

/** Roles of the node that it was: those that one which joins can have, and the one that it cannot. */
export async function rolesBefore(host: Host): Promise<{ again: string[]; wasBalancer: boolean }> {
  const ledger = await readLedger(host.paths).catch(() => null);
  const had = Object.keys(rolesIn(ledger?.view));
  return {
    again: had.filter((role) => host.catalogue.roles.get(role)?.given === 'add'),
    wasBalancer: balancerRoles(host.catalogue).some((role) => had.includes(role)),
  };
}

function rolesIn(view: View | undefined): View['node']['roles'] {
  return view?.node.roles ?? {};
}

function wantedFile({ paths }: Host): string {
  return `${paths.aside}/wanted.json`;
}
