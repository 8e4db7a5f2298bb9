import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connectBus } from '../../bus/connection.ts';
import { fetchCertificateAuthority } from '../../bus/fingerprint.ts';
import { createIdentity, type Identity, keyOfSeed } from '../../bus/identity.ts';
import { decodeJoinToken, type JoinToken } from '../../bus/join-token.ts';
import { JOINER, join } from '../../bus/subjects.ts';
import type { Joined } from '../../domain/change/join.ts';
import { KatoError, refuse } from '../../domain/error.ts';
import { checkAddress, checkNodeName } from '../../domain/names.ts';
import { expandRoles } from '../../domain/roles.ts';
import { makeFolder, readIfExists, writeFileAtomic } from '../../machine/files.ts';
import { hostFacts } from '../../machine/host.ts';
import { type NodeIdentity, readIdentity, writeIdentity } from '../../machine/ledger.ts';
import { becomeNobody, isClone } from './boot.ts';
import {
  checkRoot,
  chooseAddress,
  type Host,
  installFor,
  lacksPackages,
  refuseTakenPorts,
  startAgent,
} from './host.ts';
import type { Phase } from './phases.ts';

/** Each step towards the core is given up after this. */
const CORE_MS = 5000;

export interface Attach {
  host: Host;
  core: string;
  token: string;
  roles: string[];
  noStart: boolean;
  force: boolean;
  address: string | undefined;
  name: string | undefined;
  /** Filled in by the phases. */
  decoded?: JoinToken;
  ca?: string;
  own?: Identity;
  joined?: Joined & { revision: number };
  notes: string[];
}

/** Joins this machine to a cluster. Its key is on disk before it is told to anybody. */
export const ATTACH_PHASES: readonly Phase<Attach>[] = [
  { name: 'check', title: 'Check this machine and the token', run: check },
  { name: 'core', title: 'Make sure that the core is the one of the token', run: verifyCore },
  { name: 'packages', title: 'Install what the roles need', run: packages },
  { name: 'join', title: 'Ask to join', run: askToJoin },
  { name: 'agent', title: 'Start the agent', run: agent },
];

async function check(attach: Attach): Promise<void> {
  const { host } = attach;
  checkRoot('kato node attach');
  attach.decoded = decodeJoinToken(attach.token);
  attach.roles = expandRoles(host.catalogue, attach.roles);
  const { address, notes } = await chooseAddress(attach.address);
  attach.address = address;
  attach.notes.push(...notes);
  if (attach.name !== undefined) attach.name = checkNodeName(attach.name);
  await refuseTakenPorts(host, address, attach.roles);
}

/** Before anything secret is sent: who answers must hold the key that the token names. */
async function verifyCore(attach: Attach): Promise<void> {
  const { port, fingerprint, clusterId } = attach.decoded!;
  const where = { address: attach.core, port };
  attach.ca = await fetchCertificateAuthority(where, { fingerprint, clusterId }).catch(
    (error: unknown) => {
      throw withHint(error, attach);
    },
  );
}

/** Nobody at the address that was typed: the token knows the one that the core has. */
function withHint(error: unknown, { core, decoded }: Attach): unknown {
  if (!(error instanceof KatoError) || error.exitCode !== 5 || error.next !== undefined)
    return error;
  const next =
    decoded!.address === core
      ? `on ${core}, kato status shows whether the bus runs`
      : `the token is of the core at ${decoded!.address}: kato node attach ${decoded!.address}`;
  return new KatoError({ ...error.toJSON(), next }, { cause: error });
}

/** A join that will be refused is refused before anything is installed for it. */
async function packages(attach: Attach): Promise<void> {
  const { host } = attach;
  const roles = ['base', ...attach.roles];
  if (await lacksPackages(host, roles)) await requestJoin(attach, { trial: true });
  await installFor(host, roles);
}

async function askToJoin(attach: Attach): Promise<void> {
  attach.joined = await requestJoin(attach, { trial: false });
}

/** A trial is decided like the true one, and changes nothing. */
async function requestJoin(
  attach: Attach,
  { trial }: { trial: boolean },
): Promise<Joined & { revision: number }> {
  const { host, decoded, ca } = attach;
  const { port, clusterId, seed, id: tokenId, secret } = decoded!;
  attach.own = await ownKey(host);
  const facts = await hostFacts();
  const connect = () =>
    connectBus({
      address: attach.core,
      port,
      ca: ca!,
      clusterId,
      identity: { who: JOINER, seed, key: keyOfSeed(seed) },
      name: 'join',
      timeoutMs: CORE_MS / 2,
    });
  // A reload of the bus, as each join is one, drops without a word who is just connecting.
  const bus = await connect().catch(connect);
  try {
    const params = {
      tokenId,
      secret,
      key: attach.own.key,
      name: attach.name ?? checkNodeName(facts.hostname.split('.')[0]!),
      nameChosen: attach.name !== undefined,
      hostname: facts.hostname,
      address: attach.address!,
      machineId: facts.machineId,
      version: host.kato.version,
      catalogue: [...host.catalogue.roles.keys()],
      roles: attach.roles,
      noStart: attach.noStart,
      force: attach.force,
      trial,
    };
    const answer = await bus.request(join, { id: randomUUID(), params }, { timeoutMs: CORE_MS });
    const { result, revision } = answer as unknown as { result: Joined; revision: number };
    return { ...result, revision };
  } finally {
    await bus.close();
  }
}

/** From here on the machine is a node: a crash after this is mended by the agent alone. */
async function agent(attach: Attach): Promise<void> {
  const { host, own, joined, decoded } = attach;
  await writeIdentity(host.paths, {
    format: 1,
    nodeId: joined!.nodeId,
    name: joined!.name,
    ...own!,
    clusterId: decoded!.clusterId,
    core: { address: attach.core, port: decoded!.port },
    ca: attach.ca!,
    machineId: (await hostFacts()).machineId,
    address: attach.address!,
  });
  await rm(keyFile(host), { force: true });
  attach.notes.push(await startAgent(host));
}

/** The same key on every try, so that a join that was interrupted is the same join. */
async function ownKey(host: Host): Promise<Identity> {
  const kept = await readIfExists(keyFile(host));
  if (kept !== null) return JSON.parse(kept) as Identity;
  const made = createIdentity();
  await makeFolder(host.paths.state, 0o700);
  await writeFileAtomic(keyFile(host), `${JSON.stringify(made)}\n`, { mode: 0o600 });
  return made;
}

function keyFile({ paths }: Host): string {
  return `${paths.state}/join-key.json`;
}

/**
 * Null on a machine that is no node, or a clone of one. On a node of that core it makes sure that
 * the agent runs: a run before this one may have been interrupted. ALREADY_ATTACHED to another.
 */
export async function resumeAttached(host: Host, core: string): Promise<NodeIdentity | null> {
  checkRoot('kato node attach');
  const identity = await readIdentity(host.paths);
  if (identity === null) return null;
  if (await isClone(identity)) {
    await becomeNobody(host.paths);
    return null;
  }
  if (identity.core.address === core) {
    await startAgent(host);
    return identity;
  }
  throw refuse(
    'ALREADY_ATTACHED',
    `this machine is attached to the core ${identity.core.address} already`,
    `it is its node ${identity.name}`,
    `kato node detach takes it out of there; then attach it to ${core}`,
  );
}

/** CORE_IP as a person gives it. */
export function checkCore(text: string): string {
  return checkAddress(text);
}
