import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { connectBus } from '../../bus/connection.ts';
import { createIdentity, type Identity, keyOfSeed } from '../../bus/identity.ts';
import { proveKey } from '../../bus/joining/join-proof.ts';
import type { JoinToken } from '../../bus/joining/join-token.ts';
import { join } from '../../bus/subjects.ts';
import { isAway, mayReturn } from '../../domain/base/error.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { Joined } from '../../domain/nodes/join.ts';
import { makeFolder, readIfExists } from '../../machine/disk/files.ts';
import { keptIn, takeKept, writeKept } from '../../machine/disk/kept-json.ts';
import { hostFacts } from '../../machine/node/host.ts';
import type { Host } from './host.ts';
import { patiently } from './patience.ts';

/** Each step towards the core is given up after this. */
const CORE_MS = 5000;
/** A bus that has dropped the joiner is asked again for so long, and one on which no controller is just now. */
const RETURN_MS = 5000;
const AGAIN_MS = 200;

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
  name: string;
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
  const body = { id: randomUUID(), params: await paramsOf(request, own, trial) };
  let awayMs: number | null = null;
  for (;;) {
    try {
      const { result, revision } = await askOnce(request, body);
      return { ...result, revision, own };
    } catch (error) {
      // A reload of the bus, as each join is one, drops who is just connecting, or just has. What was
      // asked may have been done: with the same id it is the same. A controller may just be restarted.
      if (mayReturn(error)) awayMs ??= performance.now();
      const mayComeBack = awayMs !== null && performance.now() - awayMs < RETURN_MS;
      if (!isAway(error) || !mayComeBack) throw error;
      await pause(AGAIN_MS);
    }
  }
}

async function askOnce(
  { core, token, ca }: JoinRequest,
  body: Json,
): Promise<{ result: Joined; revision: number }> {
  const { port, clusterId, seed, id: tokenId } = token;
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
  const bus = await connect().catch(connect);
  try {
    const answer = await patiently(() => bus.request(join(tokenId), body, { timeoutMs: CORE_MS }));
    return answer as unknown as { result: Joined; revision: number };
  } finally {
    await bus.close();
  }
}

async function paramsOf(request: JoinRequest, own: Identity, trial: boolean) {
  const { host, token, roles, noStart, force, address, name, nameChosen } = request;
  const { clusterId, id: tokenId, secret } = token;
  const facts = await hostFacts();
  return {
    tokenId,
    secret,
    key: own.key,
    proof: proveKey(own.seed, { clusterId, tokenId }),
    name,
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
}

/** Says where a key is that is damaged: the machine joins with another one. */
export async function setDamagedKeyAside(host: Host): Promise<string | null> {
  return (await takeKept(keyFile(host))).aside;
}

/** The same key on every try, so that a join that was interrupted is the same join. */
async function ownKey(host: Host): Promise<Identity> {
  const kept = await keptKey(host);
  if (kept !== null) return kept;
  const made = createIdentity();
  await makeFolder(host.paths.state, 0o700);
  await writeKept(keyFile(host), made);
  return made;
}

async function keptKey(host: Host): Promise<Identity | null> {
  const text = await readIfExists(keyFile(host));
  return text === null ? null : keptIn<Identity>(text);
}

/** The key is in the identity by now. */
export async function forgetJoinKey(host: Host): Promise<void> {
  await rm(keyFile(host), { force: true });
}

function keyFile({ paths }: Host): string {
  return `${paths.state}/join-key.json`;
}
