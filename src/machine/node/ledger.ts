import { rm } from 'node:fs/promises';
import { KatoError, refuse } from '../../domain/base/error.ts';
import type { Paths } from '../../domain/making/paths.ts';
import type { Written } from '../../domain/making/update.ts';
import type { Made, ProvenVersion, View } from '../../domain/views/view.ts';
import { makeFolder, readIfExists } from '../disk/files.ts';
import { digestOf, keptIn, moveAside, parsed, writeJson, writeKept } from '../disk/kept-json.ts';

/** Who this node is: made at setup or attach. Its presence means that the machine is a node. */
export interface NodeIdentity {
  format: 1;
  nodeId: string;
  name: string;
  /** NKey public key and its seed. */
  key: string;
  seed: string;
  clusterId: string;
  core: { address: string; port: number };
  /** Certificate of the cluster's authority, PEM. */
  ca: string;
  /** Of the machine at that time: a clone of its disk shows another one, or the same address twice. */
  machineId: string;
  address: string;
}

/** What this node was last told to be, with the secrets for it: the newest that it has acted on. */
export interface Delivery {
  hash: string;
  view: View;
  secrets: Record<string, string>;
  /** Names of keys of certificates that the bus could not give; the node may have them from before. */
  lost?: string[];
  /** From what it is known to be so; absent of controllers of 0.1.0. */
  made?: Made;
}

/** What stands in the file; the secrets have one of their own beside it. */
interface Ledger {
  delivery: Omit<Delivery, 'secrets'>;
  /** Of the delivery. The two files are written one after the other, and so each has its own. */
  digest?: string;
}

/** Among the secrets, and not the name of one. */
const SECRETS_DIGEST = '.sha256';

/** Null on a machine that is no node. BAD_FILE, with what helps, when the file is damaged. */
export async function readIdentity(paths: Paths): Promise<NodeIdentity | null> {
  const file = identityFile(paths);
  const text = await readIfExists(file);
  if (text === null) return null;
  const identity = keptIn<NodeIdentity>(text);
  if (typeof identity?.nodeId === 'string') return identity;
  const isCore = (await readLedger(paths).catch(() => null))?.view.document != null;
  const away = `kato node halt; mv ${file} ${file}.damaged`;
  throw refuse(
    'BAD_FILE',
    `${file} is damaged`,
    'this machine cannot say which node it is',
    isCore
      ? `${away}; then kato node setup core --recover-from ${paths.ledger}`
      : `${away}; then kato node attach -e ROLES CORE_IP with a new token, in the node's place`,
  );
}

export async function writeIdentity(paths: Paths, identity: NodeIdentity): Promise<void> {
  await makeFolder(paths.state, 0o700);
  await writeKept(identityFile(paths), identity);
}

/** Null on a node that has not been told anything yet. BAD_FILE when a file of it is damaged. */
export async function readLedger(paths: Paths): Promise<Delivery | null> {
  const text = await readIfExists(paths.ledger);
  if (text === null) return null;
  const delivery = deliveryIn(text);
  if (delivery === null) throw damaged(paths.ledger);
  const secrets = secretsIn((await readIfExists(secretsFile(paths))) ?? '');
  if (secrets === null) throw damaged(secretsFile(paths));
  return { ...delivery, secrets };
}

/**
 * As `readLedger`, before it is written: a damaged file is moved aside, because on a core it holds
 * the document. `damage` says what was damaged and where it is now.
 */
export async function takeLedger(
  paths: Paths,
): Promise<{ delivery: Delivery | null; damage: string | null }> {
  try {
    return { delivery: await readLedger(paths), damage: null };
  } catch (error) {
    if (!(error instanceof KatoError) || error.code !== 'BAD_FILE') throw error;
    const texts = [await readIfExists(paths.ledger), await readIfExists(secretsFile(paths))];
    const moved: string[] = [];
    if (deliveryIn(texts[0] ?? '') === null) moved.push(await moveAside(paths.ledger));
    if (texts[1] !== null && secretsIn(texts[1]!) === null) {
      moved.push(await moveAside(secretsFile(paths)));
    }
    const kept = moved.length === 0 ? '' : `, and is kept in ${moved.join(' and ')}`;
    return { delivery: null, damage: `${error.message}${kept}` };
  }
}

/** Secrets first: a view never stands on disk without what it needs. */
export async function writeLedger(paths: Paths, delivery: Delivery): Promise<void> {
  const { secrets, ...rest } = delivery;
  const ledger: Ledger = { delivery: rest, digest: digestOf(rest) };
  await makeFolder(paths.state, 0o700);
  await writeJson(secretsFile(paths), { ...secrets, [SECRETS_DIGEST]: digestOf(secrets) });
  await writeJson(paths.ledger, ledger);
}

/** Null on a node of 0.1.0, and before its first pass. A damaged one says of nothing that it was done. */
export async function readWritten(paths: Paths): Promise<Written | null> {
  const text = await readIfExists(writtenFile(paths));
  if (text === null) return null;
  const written = keptIn<Written>(text);
  return typeof written?.delivery === 'string' ? written : { delivery: '', processes: {} };
}

export async function writeWritten(paths: Paths, written: Written): Promise<void> {
  await writeKept(writtenFile(paths), written);
}

/** Of one life of a node: as another node the machine may be in another cluster. */
interface Seen {
  nodeId: string;
  version: ProvenVersion;
}

/** The newest version that this node has heard of, and kept; null where that is not known. */
export async function readSeen(paths: Paths, nodeId: string): Promise<ProvenVersion | null> {
  const seen = keptIn<Seen>((await readIfExists(seenFile(paths))) ?? '');
  return seen?.nodeId === nodeId ? seen.version : null;
}

export async function writeSeen(paths: Paths, seen: Seen): Promise<void> {
  await writeKept(seenFile(paths), seen);
}

/** What a ledger's file says; null for one that is damaged. kato 0.1.0 wrote no digest. */
export function deliveryIn(text: string): Omit<Delivery, 'secrets'> | null {
  const { delivery, digest, ...others } = parsed<Ledger>(text) ?? {};
  if (typeof delivery?.view?.node?.id !== 'string' || Object.keys(others).length > 0) return null;
  return digest === undefined || digest === digestOf(delivery) ? delivery : null;
}

/** What the file beside a ledger says; null for one that is damaged. */
export function secretsIn(text: string): Record<string, string> | null {
  const all = parsed<Record<string, string>>(text) as Record<string, string> | null;
  if (all === null) return null;
  const { [SECRETS_DIGEST]: digest, ...secrets } = all;
  // Another name than that of a secret is what has become of the digest's.
  if (!Object.keys(secrets).every((name) => name.indexOf('/') > 0)) return null;
  return digest === undefined || digest === digestOf(secrets) ? secrets : null;
}

/** The machine is no node any more, and knows which one it was. Data folders stay. */
export async function forgetNode(
  paths: Paths,
  { name, core }: Pick<NodeIdentity, 'name' | 'core'>,
): Promise<void> {
  await rm(identityFile(paths), { force: true });
  await rm(paths.state, { recursive: true, force: true });
  await makeFolder(paths.state, 0o700);
  const former = { name, core: core.address, at: new Date().toISOString() };
  // It only explains to people: a disk that is full does not keep a node from leaving.
  await writeJson(formerFile(paths), former).catch(() => undefined);
}

/** NOT_SET_UP for a machine that is no node: it may have been one, and was taken out. */
export async function noNodeHere(paths: Paths): Promise<KatoError> {
  const text = (await readIfExists(formerFile(paths)).catch(() => null)) ?? '';
  const { name, core, at } = parsed<{ name: string; core: string; at: string }>(text) ?? {};
  const was =
    name === undefined
      ? 'nothing on it says that it was one'
      : `as ${name} it was taken out of the cluster of ${core} on ${at}; its data stays`;
  const attach = `kato node attach ${core ?? 'CORE_IP'} with a token`;
  const next =
    name === undefined ? `kato node setup core, or ${attach}` : `${attach} makes it one again`;
  return refuse('NOT_SET_UP', 'this machine is not a node of a cluster', was, next);
}

function identityFile(paths: Paths): string {
  return `${paths.state}/identity.json`;
}

function formerFile(paths: Paths): string {
  return `${paths.state}/former.json`;
}

function secretsFile(paths: Paths): string {
  return `${paths.state}/secrets.json`;
}

function seenFile(paths: Paths): string {
  return `${paths.state}/seen.json`;
}

function writtenFile(paths: Paths): string {
  return `${paths.state}/written.json`;
}

function damaged(file: string): KatoError {
  const next = 'kato node halt, then kato node boot: the agent fetches it again';
  return refuse('BAD_FILE', `${file} is damaged`, 'its contents are not what was written', next);
}
