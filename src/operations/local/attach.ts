import { fetchCertificateAuthority } from '../../bus/joining/fingerprint.ts';
import type { JoinToken } from '../../bus/joining/join-token.ts';
import { KatoError } from '../../domain/base/error.ts';
import { checkNodeName } from '../../domain/base/names.ts';
import { expandRoles } from '../../domain/roles/roles.ts';
import { checkGround } from '../../machine/disk/ground.ts';
import { hostFacts } from '../../machine/node/host.ts';
import { writeIdentity } from '../../machine/node/ledger.ts';
import { forgetWanted, putAside, rolesBefore, wantedBefore } from './anew.ts';
import { type Carried, findIdentity, losesData } from './carried.ts';
import { chooseAddress, type Host, installFor, refuseTakenPorts, startAgent } from './host.ts';
import {
  type Admitted,
  forgetJoinKey,
  type JoinRequest,
  requestJoin,
  setDamagedKeyAside,
  tryJoin,
} from './join-request.ts';
import { machineNameOf, nodeNameOf } from './own-names.ts';
import type { Phase } from './phases.ts';

export interface Attach {
  host: Host;
  core: string;
  token: JoinToken;
  roles: string[];
  noStart: boolean;
  force: boolean;
  address: string | undefined;
  name: string | undefined;
  /** A person chose it now: it is refused where it is taken, and not changed. */
  nameChosen: boolean;
  /** What the machine has of another node; null on one that is nobody yet. */
  carried: Carried | null;
  /** Filled in by the phases. */
  ca?: string;
  joined?: Admitted;
  /** Where it went. */
  aside?: string[];
  notes: string[];
}

/** Up to here nothing is changed, on this machine or elsewhere, and the token is known to be good. */
export const PROVE_PHASES: readonly Phase<Attach>[] = [
  { name: 'check', title: 'Check this machine and the token', run: check },
  { name: 'core', title: 'Check that this is the core of the token', run: verifyCore },
  { name: 'token', title: 'Check that the core lets this machine in', run: tryToken },
];

/** Joins this machine to a cluster. Its key is on disk before it is told to anybody. */
export const JOIN_PHASES: readonly Phase<Attach>[] = [
  { name: 'packages', title: 'Install what the roles need', run: packages },
  { name: 'aside', title: 'Set aside what the machine was before', run: aside },
  { name: 'join', title: 'Ask to join', run: askToJoin },
  { name: 'agent', title: 'Start the agent', run: agent },
];

/** Those that have something to do. */
export function joinPhases({ carried }: Attach): readonly Phase<Attach>[] {
  return JOIN_PHASES.filter(({ name }) => name !== 'aside' || carried !== null);
}

async function check(attach: Attach): Promise<void> {
  const { host } = attach;
  await checkGround(host.paths);
  await takeUp(attach);
  attach.roles = expandRoles(host.catalogue, attach.roles);
  const { address, notes } = await chooseAddress(attach.address);
  attach.address = address;
  attach.notes.push(...notes);
  const facts = await hostFacts();
  machineNameOf(facts);
  const { name } = attach;
  attach.name = name === undefined ? nodeNameOf(facts.hostname, '--name') : checkNodeName(name);
  await refuseTakenPorts(host, address, attach.roles);
}

/** A node that joins again is what it was, unless somebody says otherwise. */
async function takeUp(attach: Attach): Promise<void> {
  const { host, carried, token } = attach;
  const { before, damaged } = await wantedBefore(host, token.clusterId);
  const unreadable = [damaged, await setDamagedKeyAside(host)].filter((file) => file !== null);
  attach.notes.push(...unreadable.map((file) => `the previous attach left ${file} damaged`));
  if (before !== null && attach.roles.length === 0 && before.roles.length > 0) {
    attach.roles = before.roles;
    const roles = before.roles.join(', ');
    attach.notes.push(`goes on with the previous attach, which was interrupted: ${roles}`);
  }
  attach.name ??= before?.name;
  if (carried === null || losesData(carried)) return;
  attach.name ??= carried.identity.name;
  if (attach.roles.length > 0) return;
  const { again, wasBalancer } = await rolesBefore(host);
  attach.roles = again;
  if (!wasBalancer) return;
  attach.notes.push(
    'the role load_balancer must be given again: kato node setup load_balancer does it',
  );
}

/** Before anything secret is sent: who answers must hold the key that the token names. */
async function verifyCore(attach: Attach): Promise<void> {
  const { port, fingerprint, clusterId } = attach.token;
  const where = { address: attach.core, port };
  attach.ca = await fetchCertificateAuthority(where, { fingerprint, clusterId }).catch(
    (error: unknown) => {
      throw withHint(error, attach);
    },
  );
}

/** Nobody at the address that was typed: the token knows the one that the core has. */
function withHint(error: unknown, { core, token, roles }: Attach): unknown {
  if (!(error instanceof KatoError) || error.exitCode !== 5 || error.next !== undefined)
    return error;
  const enable = roles.length === 0 ? '' : ` -e ${roles.join(',')}`;
  const next =
    token.address === core
      ? `on ${core}, kato status shows whether the bus runs`
      : `the token is for the core at ${token.address}: kato node attach${enable} ${token.address}`;
  return new KatoError({ ...error.toJSON(), next }, { cause: error });
}

/** A join that will be refused is refused before anything is installed for it, or given up. */
async function tryToken(attach: Attach): Promise<void> {
  await tryJoin(requestOf(attach));
}

async function packages({ host, roles }: Attach): Promise<void> {
  await installFor(host, ['base', ...roles]);
}

/** To install packages may have taken long: the token is tried once more, then all goes aside. */
async function aside(attach: Attach): Promise<void> {
  const { host, carried, roles, name, token } = attach;
  if (carried === null) return;
  await tryJoin(requestOf(attach));
  const { clusterId } = token;
  attach.aside = await putAside(host, carried, { clusterId, roles, name });
}

async function askToJoin(attach: Attach): Promise<void> {
  attach.joined = await requestJoin(requestOf(attach));
}

function requestOf(attach: Attach): JoinRequest {
  const { host, core, roles, noStart, force, name, nameChosen, token, ca, address } = attach;
  return {
    ...{ host, core, roles, noStart, force, nameChosen, token },
    name: name!,
    ca: ca!,
    address: address!,
  };
}

/** From here on the machine is a node: the agent by itself recovers from a crash after this. */
async function agent(attach: Attach): Promise<void> {
  const { host, joined, token } = attach;
  const { own, nodeId, name } = joined!;
  await writeIdentity(host.paths, {
    format: 1,
    nodeId,
    name,
    ...own,
    clusterId: token.clusterId,
    core: { address: attach.core, port: token.port },
    ca: attach.ca!,
    machineId: (await hostFacts()).machineId,
    address: attach.address!,
  });
  await forgetJoinKey(host);
  await forgetWanted(host);
  attach.notes.push(await startAgent(host));
}

/**
 * What this machine is before it is attached, to the core that is named or else to that of the token. On
 * a node of its cluster it makes sure that the agent runs: a run before this one may have been
 * interrupted. Throws as `findIdentity`.
 */
export async function resumeAttached(
  host: Host,
  named: { core: string | undefined; token: JoinToken | null },
): ReturnType<typeof findIdentity> {
  const found = await findIdentity(host, named);
  if (found.is === 'node') await startAgent(host);
  return found;
}
