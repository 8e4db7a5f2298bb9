import { rm } from 'node:fs/promises';
import { refuse } from '../domain/error.ts';
import type { Paths } from '../domain/paths.ts';
import type { View } from '../domain/view.ts';
import { makeFolder, readIfExists, writeFileAtomic } from './files.ts';

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
}

/** What stands in the file; the secrets have one of their own beside it. */
export interface Ledger {
  delivery: Omit<Delivery, 'secrets'>;
}

const SECRET_FILE = { mode: 0o600 };

/** Null on a machine that is no node. */
export function readIdentity(paths: Paths): Promise<NodeIdentity | null> {
  return readJson<NodeIdentity>(identityFile(paths));
}

export async function writeIdentity(paths: Paths, identity: NodeIdentity): Promise<void> {
  await makeFolder(paths.state, 0o700);
  await writeJson(identityFile(paths), identity);
}

/** Null on a node that has not been told anything yet. */
export async function readLedger(paths: Paths): Promise<Delivery | null> {
  const ledger = await readJson<Ledger>(paths.ledger);
  if (ledger === null) return null;
  const secrets = (await readJson<Record<string, string>>(secretsFile(paths))) ?? {};
  return { ...ledger.delivery, secrets };
}

/** Secrets first: a view never stands on disk without what it needs. */
export async function writeLedger(paths: Paths, delivery: Delivery): Promise<void> {
  const { secrets, ...rest } = delivery;
  const ledger: Ledger = { delivery: rest };
  await makeFolder(paths.state, 0o700);
  await writeJson(secretsFile(paths), secrets);
  await writeJson(paths.ledger, ledger);
}

/** The machine is no node any more. Data folders stay. */
export async function forgetNode(paths: Paths): Promise<void> {
  await rm(identityFile(paths), { force: true });
  await rm(paths.state, { recursive: true, force: true });
}

function identityFile(paths: Paths): string {
  return `${paths.state}/identity.json`;
}

function secretsFile(paths: Paths): string {
  return `${paths.state}/secrets.json`;
}

async function readJson<T>(path: string): Promise<T | null> {
  const text = await readIfExists(path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw refuse(
      'BAD_FILE',
      `${path} is damaged`,
      cause instanceof Error ? cause.message : undefined,
      'remove this node on the core and attach it again',
    );
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value)}\n`, SECRET_FILE);
}
