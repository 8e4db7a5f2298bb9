import { randomInt } from 'node:crypto';
import * as v from 'valibot';
import { keyNameOf } from '../domain/change/certificates.ts';
import { findNode } from '../domain/change/find-node.ts';
import type { Cluster } from '../domain/cluster.ts';
import { refuse } from '../domain/error.ts';
import type { Catalogue } from '../domain/role.ts';
import { definitionOf } from '../domain/roles.ts';
import { word } from '../domain/shapes.ts';
import type { View } from '../domain/view.ts';
import { type Knowledge, NODE, read } from './operation.ts';

/** Names of secrets. A node is given those that its roles name, no other. */
export const SECRETS = {
  ofNode: (nodeId: string) => `node/${nodeId}/`,
  ofRole: (nodeId: string, role: string, name: string) => `node/${nodeId}/${role}/${name}`,
  /** Leaf and CA of the bus, its key, the CA alone, and the controllers' seed. */
  busCertificate: 'bus/certificate',
  busKey: 'bus/key',
  busAuthority: 'bus/ca',
  controller: 'bus/controller',
  /** Signs the bus certificate; no role names it. */
  authorityKey: 'authority/key',
  /** Key and chain in one, for names that have no certificate. */
  fallbackCertificate: 'certificate/default',
  /** Of the export that a node keeps: what its passphrase comes to. */
  exportKey: (id: string) => `export/${id}`,
} as const;

/** Names that stand in the store as they are, unlike the short ones that a node is given. */
export function isFullName(name: string): boolean {
  return /^(node|bus|authority|certificate|export)\//.test(name);
}

/** Letters and digits without those that look alike: passwords are typed, too. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Fresh values for every secret that a node's roles ask for. */
export function roleSecrets(
  catalogue: Catalogue,
  cluster: Cluster,
  nodeId: string,
): Record<string, string> {
  const roles = Object.keys(cluster.nodes[nodeId]?.roles ?? {});
  return Object.fromEntries(
    roles.flatMap((role) =>
      Object.entries(definitionOf(catalogue, role).secrets).map(([name, { length }]) => [
        SECRETS.ofRole(nodeId, role, name),
        password(length),
      ]),
    ),
  );
}

function password(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** The secrets for a node's view, by the short names that role files and templates use. */
export async function secretsFor(known: Knowledge, view: View): Promise<Record<string, string>> {
  const { node } = view;
  const ownPrefix = SECRETS.ofNode(node.id);
  const own = Object.entries(await known.secretsBelow(ownPrefix))
    .map(([name, value]) => [name.slice(ownPrefix.length), value] as const)
    .filter(([name]) => name.split('/')[0]! in node.roles);
  const secrets: Record<string, string> = Object.fromEntries(own);
  const definitions = Object.keys(node.roles).map((role) => definitionOf(known.catalogue, role));
  const shared = definitions.flatMap((role) => role.sharedSecrets);
  // The core keeps all, so that its ledger alone can bring the cluster back.
  const below = 'primary' in node.roles ? [''] : new Set(shared);
  for (const prefix of below) Object.assign(secrets, await known.secretsBelow(prefix));
  const needed = definitions.flatMap((role) =>
    Object.keys(role.secrets).map((name) => `${role.name}/${name}`),
  );
  const keys = view.certificates.map(keyNameOf);
  refuseMissing([...shared, ...needed, ...keys], Object.keys(secrets));
  return secrets;
}

/** A bus that lost secrets is no reason for a node to lose them, too: it keeps what it has. */
function refuseMissing(needed: readonly string[], given: readonly string[]): void {
  const missing = needed.filter((prefix) => !given.some((name) => name.startsWith(prefix)));
  if (missing.length === 0) return;
  throw refuse(
    'STATE_OLDER',
    'the bus has lost secrets that this node needs',
    `there is nothing below ${missing.join(', ')}`,
    'kato node setup core --recover-from /var/lib/kato/state/ledger.json, on the core',
  );
}

export const secretShow = read(
  'secret.show',
  'admin',
  v.strictObject({ node: NODE, role: word }),
  async (known, params) => {
    const node = findNode(known.cluster, params.node);
    const { secrets } = definitionOf(known.catalogue, params.role);
    if (!(params.role in node.roles)) {
      throw refuse('NOT_FOUND', `node ${node.name} does not have the role '${params.role}'`);
    }
    const values = await Promise.all(
      Object.keys(secrets).map(async (name) => [
        name,
        await known.secret(SECRETS.ofRole(node.id, params.role, name)),
      ]),
    );
    return Object.fromEntries(values) as Record<string, string>;
  },
);
