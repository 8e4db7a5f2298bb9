import { refuse } from '../../domain/base/error.ts';
import { checkAddress } from '../../domain/base/names.ts';
import { type Paths, pathsOf } from '../../domain/making/paths.ts';
import {
  programHash,
  serviceFolder,
  serviceFolderHash,
} from '../../domain/making/s6/service-folder.ts';
import type { ProcessSpec } from '../../domain/making/spec.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import { definitionOf } from '../../domain/roles/roles.ts';
import { applyStep } from '../../machine/apply/apply.ts';
import { COMMAND_ENVIRONMENT } from '../../machine/command.ts';
import { AGENT } from '../../machine/disk/places.ts';
import { addresses, primaryAddress } from '../../machine/network/interfaces.ts';
import { isOfOurs, portOwner } from '../../machine/network/ports.ts';
import { installBootUnit } from '../../machine/node/boot-unit.ts';
import { isRoot } from '../../machine/node/host.ts';
import { control, readStatus, serviceOf } from '../../machine/s6/service.ts';
import { readServiceFiles } from '../../machine/s6/service-files.ts';
import { bootSupervision } from '../../machine/s6/supervision.ts';

/** This machine, for commands that work where no agent runs yet. */
export interface Host {
  paths: Paths;
  catalogue: Catalogue;
  kato: { program: string; version: string };
}

export function hostAt(root: string, catalogue: Catalogue, kato: Host['kato']): Host {
  return { paths: pathsOf(root), catalogue, kato };
}

export function checkRoot(command: string): void {
  if (isRoot()) return;
  throw refuse(
    'NOT_ROOT',
    `${command} needs root`,
    'it changes packages, services or files of the machine',
    'run the command as root',
  );
}

/** The address that others reach this node at, and what a person should know about it. */
export async function chooseAddress(
  given: string | undefined,
): Promise<{ address: string; notes: string[] }> {
  if (given !== undefined) {
    const address = checkAddress(given);
    const known = (await addresses()).map((candidate) => candidate.address);
    if (known.includes(address)) return { address, notes: [] };
    if (address.startsWith('127.')) {
      return { address, notes: [`${address} can be reached from this machine only`] };
    }
    throw refuse(
      'BAD_ADDRESS',
      `this machine does not have the address ${address}`,
      `it has ${known.join(', ') || 'none'}`,
      'give one of those with --address, or none to use the one on the default route',
    );
  }
  const { address, dynamic, candidates } = await primaryAddress();
  const notes: string[] = [];
  if (candidates.length > 1) {
    const others = candidates.map((other) => other.address).filter((other) => other !== address);
    notes.push(
      `using ${address}, on the default route; --address selects another: ${others.join(', ')}`,
    );
  }
  if (dynamic) {
    notes.push(`${address} comes from DHCP: reserve it, other nodes find this one by it`);
  }
  return { address, notes };
}

const LOOPBACK = '127.0.0.1';
/** HUP, by the letter of `s6-svc`: the agent looks at its node at once. */
const LOOK_NOW = 'h';

/** PORT_TAKEN when a program that is not kato's has a port that one of the roles needs. */
export async function refuseTakenPorts(
  { catalogue, paths }: Host,
  address: string,
  roles: readonly string[],
): Promise<void> {
  const ports = roles.flatMap((role) => definitionOf(catalogue, role).ports);
  for (const { port, purpose, listen } of ports) {
    const isLocal = listen === 'loopback' && !address.startsWith('127.');
    const owner = await portOwner(isLocal ? LOOPBACK : address, port);
    if (owner === null || (await isOfOurs(owner.pid, paths))) continue;
    throw refuse(
      'PORT_TAKEN',
      `port ${port} (${purpose}) is taken on this machine`,
      `${owner.name ?? 'another program'} listens on ${owner.address}:${port}`,
      'stop it, or give the role to another machine',
    );
  }
}

/** Before the node exists, so that a package that cannot be had leaves nothing half done. */
export async function installFor(host: Host, roles: readonly string[]): Promise<void> {
  const packages = packagesOf(host, roles);
  const step = { kind: 'install-packages', process: 'base', packages } as const;
  await applyStep(step, { paths: host.paths, self: null });
}

function packagesOf({ catalogue }: Host, roles: readonly string[]): string[] {
  const names = roles.flatMap((role) => definitionOf(catalogue, role).packages.debian ?? []);
  return [...new Set(names)];
}

/**
 * Starts the agent under supervision, as the one service that no plan touches, now and at each
 * boot. Returns one line that tells how the node starts at boot.
 */
export async function startAgent(host: Host): Promise<string> {
  const { paths } = host;
  const agent = agentProcess(host);
  const service = serviceFolder(agent, paths);
  const before = await readStatus(serviceOf(AGENT, paths));
  // First the unit: where systemd is, the tree is to run inside it from the beginning.
  const atBoot = await installBootUnit(paths, host.kato.program);
  await bootSupervision(paths);
  await applyStep({ kind: 'write-service', process: agent.name, service }, { paths, self: null });
  const { name: process, readySeconds, listens, restarts, after } = agent;
  const start = { process, readySeconds, listens, restarts, after };
  await applyStep({ kind: 'start', ...start }, { paths, self: null });
  // It may wait up to a minute before it tries again what has failed: the cause may be gone.
  if (before?.ready === true) await control(serviceOf(AGENT, paths), LOOK_NOW);
  return atBoot;
}

/** What is around the agent, as this kato has it: nobody plans that. It counts from the next start. */
export async function refreshAgent(host: Host): Promise<void> {
  const agent = agentProcess(host);
  const service = serviceFolder(agent, host.paths);
  const { files } = service;
  const folder = serviceOf(agent.name, host.paths);
  const before = await readServiceFiles(folder);
  // Another program is another installation: whoever put it there starts it.
  if (before === null || programHash(before) !== programHash(files)) return;
  if (serviceFolderHash(before) === service.hash) return;
  const step = { kind: 'write-service', process: agent.name, service } as const;
  await applyStep(step, { paths: host.paths, self: agent.name });
}

function agentProcess({ paths, kato }: Host): Omit<ProcessSpec, 'service'> {
  return {
    name: AGENT,
    roles: ['base'],
    ofCore: false,
    packages: [],
    user: 'root',
    up: true,
    argv: [kato.program, 'agent'],
    environment: {
      KATO_ROOT: paths.root,
      PATH: COMMAND_ENVIRONMENT.PATH,
    },
    ready: { command: ['test', '-S', paths.socket] },
    readySeconds: 20,
    stop: { signal: 'TERM', seconds: 15 },
    dataFolder: null,
    initialize: null,
    setSecrets: null,
    config: null,
    update: 'restart',
    reloadSignal: null,
    reloadConfirm: null,
    sparesStarted: true,
    restarts: 0,
    after: [],
    listens: [],
  };
}
