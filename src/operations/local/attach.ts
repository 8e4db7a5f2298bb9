import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connectBus } from '../../bus/connection.ts';
import { fetchCertificateAuthority } from '../../bus/fingerprint.ts';
import { createIdentity, type Identity, keyOfSeed } from '../../bus/identity.ts';
import { decodeJoinToken, type JoinToken } from '../../bus/join-token.ts';
import { JOINER, join } from '../../bus/subjects.ts';
import type { Joined } from '../../domain/change/join.ts';
import { refuse } from '../../domain/error.ts';
import { checkNodeName } from '../../domain/names.ts';
import { definitionOf, expandRoles } from '../../domain/roles.ts';
import { applyStep } from '../../machine/apply/apply.ts';
import { makeFolder, readIfExists, writeFileAtomic } from '../../machine/files.ts';
import { hostFacts } from '../../machine/host.ts';
import { readIdentity, writeIdentity } from '../../machine/ledger.ts';
import { portOwner } from '../../machine/ports.ts';
import { chooseAddress, checkRoot, type Host, startAgent, startAtBoot } from './host.ts';
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
  { name: 'packages', title: 'Install what the roles need', run: packages },
  { name: 'core', title: 'Make sure that the core is the one of the token', run: verifyCore },
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
  const ports = attach.roles.flatMap((role) => definitionOf(host.catalogue, role).ports);
  for (const { port, purpose } of ports) {
    const owner = await portOwner(address, port);
    if (owner === null) continue;
    throw refuse(
      'PORT_TAKEN',
      `port ${port} (${purpose}) is taken on this machine`,
      `${owner.name ?? 'another program'} listens on ${owner.address}:${port}`,
      'stop it, or give the role to another machine',
    );
  }
}

async function packages({ host, roles }: Attach): Promise<void> {
  const names = ['base', ...roles].flatMap(
    (role) => definitionOf(host.catalogue, role).packages.debian ?? [],
  );
  await applyStep(
    { kind: 'install-packages', process: 'base', packages: [...new Set(names)] },
    { paths: host.paths, self: null },
  );
}

/** Before anything secret is sent: who answers must hold the key that the token names. */
async function verifyCore(attach: Attach): Promise<void> {
  const { port, fingerprint, clusterId } = attach.decoded!;
  attach.ca = await fetchCertificateAuthority(attach.core, port, {
    fingerprint,
    clusterId,
    timeoutMs: CORE_MS,
  });
}

async function askToJoin(attach: Attach): Promise<void> {
  const { host, decoded, ca } = attach;
  const { port, clusterId, seed, tokenId, secret } = decoded!;
  attach.own = await ownKey(host);
  const facts = await hostFacts();
  const bus = await connectBus({
    address: attach.core,
    port,
    ca: ca!,
    clusterId,
    identity: { who: JOINER, seed, key: keyOfSeed(seed) },
    name: 'join',
    timeoutMs: CORE_MS,
  });
  try {
    const params = {
      tokenId,
      secret,
      key: attach.own.key,
      name: attach.name ?? checkNodeName(facts.hostname.split('.')[0]!),
      hostname: facts.hostname,
      address: attach.address!,
      machineId: facts.machineId,
      version: host.kato.version,
      catalogue: [...host.catalogue.roles.keys()],
      roles: attach.roles,
      noStart: attach.noStart,
      force: attach.force,
    };
    const answer = await bus.request(join, { id: randomUUID(), params }, { timeoutMs: CORE_MS });
    const { result, revision } = answer as unknown as { result: Joined; revision: number };
    attach.joined = { ...result, revision };
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
  await startAgent(host);
  attach.notes.push(await startAtBoot(host));
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

/** What a machine that is a node already is attached to. */
export async function attachedTo(host: Host): Promise<{ core: string; name: string } | null> {
  const identity = await readIdentity(host.paths);
  return identity === null ? null : { core: identity.core.address, name: identity.name };
}
