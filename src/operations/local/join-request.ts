import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connectBus } from '../../bus/connection.ts';
import { createIdentity, type Identity, keyOfSeed } from '../../bus/identity.ts';
import { proveKey } from '../../bus/join-proof.ts';
import type { JoinToken } from '../../bus/join-token.ts';
import { join } from '../../bus/subjects.ts';
import type { Joined } from '../../domain/change/join.ts';
import { checkNodeName } from '../../domain/names.ts';
import { makeFolder, readIfExists, writeFileAtomic } from '../../machine/files.ts';
import { hostFacts } from '../../machine/host.ts';
import type { Host } from './host.ts';
import { patiently } from './patience.ts';

/** Each step towards the core is given up after this. */
const CORE_MS = 5000;

/** Who asks a core to be let in, and as what. */
export interface JoinRequest {
  host: Host;
  core: string;
  token: JoinToken;
  /** Certificate of the cluster's authority, PEM. */
  ca: string;
  roles: readonly string[];
  noStart: boolean;
  force: boolean;
  address: string;
  /** The host name, when not given. */
  name: string | undefined;
  nameChosen: boolean;
}

export type Admitted = Joined & { revision: number; own: Identity };

/** Joins with a key that is on the disk before it is told to anybody. */
export async function requestJoin(request: JoinRequest): Promise<Admitted> {
  return ask(request, await ownKey(request.host), { trial: false });
}

/** Decided like the true one, with the same errors; changes nothing, here or there. */
export async function tryJoin(request: JoinRequest): Promise<void> {
  const own = (await keptKey(request.host)) ?? createIdentity();
  await ask(request, own, { trial: true });
}

async function ask(
  request: JoinRequest,
  own: Identity,
  { trial }: { trial: boolean },
): Promise<Admitted> {
  const { host, core, token, ca, roles, noStart, force, address, name, nameChosen } = request;
  const { port, clusterId, seed, id: tokenId, secret } = token;
  const facts = await hostFacts();
  const connect = () =>
    connectBus({
      address: core,
      port,
      ca,
      clusterId,
      identity: { who: tokenId, seed, key: keyOfSeed(seed) },
      name: 'join',
      timeoutMs: CORE_MS / 2,
    });
  // A reload of the bus, as each join is one, drops without a word who is just connecting.
  const bus = await connect().catch(connect);
  try {
    const params = {
      tokenId,
      secret,
      key: own.key,
      proof: proveKey(own.seed, { clusterId, tokenId }),
      name: name ?? checkNodeName(facts.hostname.split('.')[0]!),
      nameChosen,
      hostname: facts.hostname,
      address,
      machineId: facts.machineId,
      version: host.kato.version,
      catalogue: [...host.catalogue.roles.keys()],
      roles: [...roles],
      noStart,
      force,
      trial,
    };
    const body = { id: randomUUID(), params };
    const answer = await patiently(() => bus.request(join(tokenId), body, { timeoutMs: CORE_MS }));
    const { result, revision } = answer as unknown as { result: Joined; revision: number };
    return { ...result, revision, own };
  } finally {
    await bus.close();
  }
}

/** The same key on every try, so that a join that was interrupted is the same join. */
async function ownKey(host: Host): Promise<Identity> {
  const kept = await keptKey(host);
  if (kept !== null) return kept;
  const made = createIdentity();
  await makeFolder(host.paths.state, 0o700);
  await writeFileAtomic(keyFile(host), `${JSON.stringify(made)}\n`, { mode: 0o600 });
  return made;
}

async function keptKey(host: Host): Promise<Identity | null> {
  const kept = await readIfExists(keyFile(host));
  return kept === null ? null : (JSON.parse(kept) as Identity);
}

/** The key is in the identity by now. */
export async function forgetJoinKey(host: Host): Promise<void> {
  await rm(keyFile(host), { force: true });
}

function keyFile({ paths }: Host): string {
  return `${paths.state}/join-key.json`;
}
