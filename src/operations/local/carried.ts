import { connectBus } from '../../bus/connection.ts';
import { fetchCertificateAuthority, fingerprintOf } from '../../bus/joining/fingerprint.ts';
import type { JoinToken } from '../../bus/joining/join-token.ts';
import { op } from '../../bus/subjects.ts';
import { KatoError, refuse } from '../../domain/base/error.ts';
import { isOfCore, standingOf } from '../../domain/nodes/standing.ts';
import { type NodeIdentity, readIdentity } from '../../machine/node/ledger.ts';
import type { Host } from './host.ts';
import { likelyAddress, whereabouts } from './whereabouts.ts';

/** Each step towards the core is given up after this. */
const CORE_MS = 2500;

/**
 * An identity that this machine carries and cannot go on with. `moved`: the machine does not have
 * its address; `clone`: it is another machine, too; `refused`: the bus does not know its key;
 * `removed`: the cluster took it out; `stranger`: another cluster is where its own was; `left`: its
 * own cluster cannot be asked to let it go to the other one that is meant.
 */
export interface Carried {
  identity: NodeIdentity;
  why: 'moved' | 'clone' | 'refused' | 'removed' | 'stranger' | 'left';
  /** The address that the machine has. */
  address: string;
}

export type Found =
  | { is: 'nobody' }
  /** A node of the cluster that is meant: there is nothing to join. */
  | { is: 'node'; identity: NodeIdentity }
  | { is: 'carrier'; carried: Carried };

/** Which cluster a person means: by its core, by a token of it, or by nothing: that of this machine. */
interface Meant {
  core: string | undefined;
  token: JoinToken | null;
}

/**
 * What this machine is before it is attached to a cluster. Reads only. CONFLICT on the core of another
 * cluster, and on one that does not have its address; ALREADY_ATTACHED for a node of another one that
 * can let it go.
 */
export async function findIdentity({ paths }: Host, meant: Meant): Promise<Found> {
  const identity = await readIdentity(paths);
  if (identity === null) return { is: 'nobody' };
  const where = await whereabouts();
  const standing = standingOf(identity, where);
  const address = (await likelyAddress(where)) ?? identity.address;
  if (isOfCore(identity)) {
    if (standing !== 'home') throw isCore(identity, address);
    if (isOther(identity, meant)) throw isCore(identity, null);
    return { is: 'node', identity };
  }
  if (standing !== 'home') return { is: 'carrier', carried: { identity, why: standing, address } };
  const told = await askCore(identity);
  const isItsNode = told === 'known' || told === 'away';
  if (!isOther(identity, meant)) {
    if (isItsNode) return { is: 'node', identity };
    return { is: 'carrier', carried: { identity, why: told, address: identity.address } };
  }
  if (told === 'known') throw isElsewhere(identity, meant);
  const why = told === 'stranger' ? told : 'left';
  return { is: 'carrier', carried: { identity, why, address: identity.address } };
}

/** The argument counts before the token: each of both may be old. */
function isOther({ core, clusterId }: NodeIdentity, meant: Meant): boolean {
  if (meant.core !== undefined && meant.core !== core.address) return true;
  return meant.token !== null && meant.token.clusterId !== clusterId;
}

/** Whether what it has goes aside, its data too: then a person is asked. */
export function losesData({ why }: Carried): boolean {
  return why !== 'refused' && why !== 'removed';
}

/** One sentence for each, for people. */
export function whatIsCarried({ identity, why, address }: Carried): string {
  const { name, core } = identity;
  const known = `node ${name}, which its cluster knows at ${identity.address}`;
  const texts: Record<Carried['why'], string> = {
    moved: `this machine is ${known}; it has ${address} now`,
    clone: `this machine carries a copy of ${known}; it has ${address}`,
    refused: `the bus no longer knows the key of node ${name}: it joins again`,
    removed: `node ${name} was removed from the cluster: it joins again`,
    stranger: `this machine is node ${name} of the cluster that was at ${core.address} before`,
    left: `this machine is node ${name} of the core ${core.address}, which cannot let it go now`,
  };
  return texts[why];
}

/** The ways out for one whose data would go aside: the person decides which it is. */
export function waysOut({ identity, why, address }: Carried): string {
  const anew = 'with --yes it is attached as a new node: what it has goes to /var/lib/kato/aside';
  if (why === 'stranger') return anew;
  if (why === 'left')
    return `kato node detach takes it out once ${identity.core.address} answers; ${anew}`;
  const { name, address: old } = identity;
  const migrate = `kato node migrate ${old} ${address} on the core`;
  // A copy has the machine id of the original, too, where the whole disk was copied.
  const stays = `unless another machine is ${name} now, it stays ${name} by ${migrate}`;
  return `${stays}, or when it has ${old} again; ${anew}`;
}

/** What the cluster says of this identity; `away` where nobody can be asked. */
async function askCore(
  identity: NodeIdentity,
): Promise<'known' | 'away' | Exclude<Carried['why'], 'moved' | 'clone' | 'left'>> {
  const { core, ca, clusterId, nodeId, key, seed } = identity;
  let isLetIn = false;
  try {
    // First: the library of the bus goes on for minutes to knock at a machine that is gone.
    const known = { fingerprint: fingerprintOf(ca), clusterId, timeoutMs: CORE_MS };
    await fetchCertificateAuthority(core, known);
    const who = { who: nodeId, key, seed };
    const options = { ...core, ca, clusterId, identity: who, name: 'attach', timeoutMs: CORE_MS };
    const bus = await connectBus(options);
    isLetIn = true;
    try {
      const question = { id: '', params: {} };
      const answer = await bus.request(op(nodeId, 'removed'), question, { timeoutMs: CORE_MS });
      return (answer as { removed?: boolean } | null)?.removed === true ? 'removed' : 'known';
    } finally {
      await bus.close();
    }
  } catch (error) {
    if (!(error instanceof KatoError)) throw error;
    if (error.code === 'NOT_ALLOWED') return 'refused';
    if (error.code === 'TOKEN_OTHER_CLUSTER') return 'stranger';
    return isLetIn ? 'known' : 'away';
  }
}

function isCore({ name, address }: NodeIdentity, now: string | null): KatoError {
  const message = `this machine is the core ${name} of its cluster`;
  if (now === null) {
    return refuse(
      'CONFLICT',
      message,
      'a core cannot be attached to another one',
      'kato node remove takes the other nodes out; then kato node detach --yes ends that cluster',
    );
  }
  return refuse(
    'CONFLICT',
    message,
    `it does not have its address ${address}, it has ${now}; what it keeps is not given up for that`,
    `give it ${address} again; a copy of its disk: kato node halt, then move /var/lib/kato away`,
  );
}

function isElsewhere({ core, name }: NodeIdentity, meant: Meant): KatoError {
  const other = meant.core ?? meant.token?.address;
  return refuse(
    'ALREADY_ATTACHED',
    `this machine is already attached to the core ${core.address}`,
    meant.core === undefined || meant.core === core.address
      ? `it is its node ${name}, and the token belongs to another cluster`
      : `it is its node ${name}`,
    `kato node detach takes it out of there; then kato node attach ${other}`,
  );
}
