import { randomInt } from 'node:crypto';
import * as v from 'valibot';
import { unopenable } from '../bus/store/seal.ts';
import type { StoredSecrets } from '../bus/store/store.ts';
import { refuse } from '../domain/base/error.ts';
import { word } from '../domain/base/shapes.ts';
import type { Cluster, Node } from '../domain/document/cluster.ts';
import { isCore } from '../domain/nodes/core.ts';
import { findNode } from '../domain/nodes/find-node.ts';
import type { Catalogue, RoleDefinition } from '../domain/roles/role.ts';
import { definitionOf, nodesWith, rolesOf, secretsOfRole } from '../domain/roles/roles.ts';
import { keyNameOf } from '../domain/traffic/certificates.ts';
import type { View } from '../domain/views/view.ts';
import type { Delivery } from '../machine/node/ledger.ts';
import { type Knowledge, NODE, read } from './operation.ts';

/** Names of secrets. A node is given those that its roles name, no other. */
export const SECRETS = {
  ofNode: (nodeId: string) => `node/${nodeId}/`,
  /** Of one node, or of all with the role. */
  ofRole: (nodeId: string, role: RoleDefinition, name: string) =>
    role.secrets[name]!.scope === 'cluster'
      ? `${secretsOfRole(role.name)}${name}`
      : `node/${nodeId}/${role.name}/${name}`,
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

/** All that has to do with certificates of domains stands below it. */
const CERTIFICATES = 'certificate/';

/** Names that stand in the store as they are, unlike the short ones that a node is given. */
export function isFullName(name: string): boolean {
  return /^(node|role|bus|authority|certificate|export)\//.test(name);
}

/** Letters and digits without those that look alike: passwords are typed, too. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Fresh values for every secret that a node's roles ask for. */
export function roleSecrets(
  catalogue: Catalogue,
  cluster: Cluster,
  nodeId: string,
): Record<string, string> {
  const node = cluster.nodes[nodeId];
  return Object.fromEntries(
    (node === undefined ? [] : rolesOf(catalogue, node)).flatMap((definition) => {
      return Object.entries(definition.secrets).map(([name, { length }]) => [
        SECRETS.ofRole(nodeId, definition, name),
        password(length),
      ]);
    }),
  );
}

function password(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Of saved secrets those that a state has use for: none of nodes that are gone, no older passphrase. */
export function secretsOfState(
  { nodes, exportKey }: Cluster,
  saved: Readonly<Record<string, string>>,
): Record<string, string> {
  const isOf = (name: string): boolean => {
    const [kind, id = ''] = name.split('/');
    if (kind === 'node') return id in nodes;
    return kind !== 'export' || id === exportKey;
  };
  return Object.fromEntries(Object.entries(saved).filter(([name]) => isOf(name)));
}

/** What a controller hands out with a node's view. FAILED where one cannot be opened, but for a certificate. */
export async function secretsFor(known: Knowledge, view: View): Promise<Record<string, string>> {
  const stored: StoredSecrets = {};
  for (const prefix of prefixesOf(view, known.catalogue)) {
    Object.assign(stored, await known.secretsBelow(prefix));
  }
  const closed = Object.keys(stored).find(
    (name) => stored[name] === null && !name.startsWith(CERTIFICATES),
  );
  if (closed !== undefined) throw unopenable(closed);
  const { secrets, missing } = secretsOf(view, known.catalogue, stored);
  refuseMissing(missing);
  return secrets;
}

/**
 * Of all that is stored what belongs to a node's view: its own by the short names that role files
 * and templates use, those that its roles share by their full names. Controllers hand out this, and
 * so does a setup or a recovery, which is before any controller. `missing` is what it cannot do without:
 * what lacks of certificates is left out on the node, and holds up nothing else.
 */
export function secretsOf(
  view: View,
  catalogue: Catalogue,
  stored: Readonly<StoredSecrets>,
): { secrets: Record<string, string>; missing: string[] } {
  const { node } = view;
  const ownPrefix = SECRETS.ofNode(node.id);
  const shared = sharedPrefixesOf(view.node, catalogue);
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(stored)) {
    if (value === null) continue;
    const short = name.startsWith(ownPrefix) ? name.slice(ownPrefix.length) : null;
    if (short !== null && short.split('/')[0]! in node.roles) secrets[short] = value;
    if (shared.some((prefix) => name.startsWith(prefix))) secrets[name] = value;
  }
  const definitions = rolesOf(catalogue, node);
  const needed = [
    ...definitions.flatMap(({ name, sharedSecrets }) =>
      sharedSecrets.filter((one) => one !== CERTIFICATES && one !== secretsOfRole(name)),
    ),
    ...definitions.flatMap(ownNames),
  ];
  const given = Object.keys(secrets);
  const missing = needed.filter((prefix) => !given.some((name) => name.startsWith(prefix)));
  return { secrets, missing };
}

/** As the node is given them. */
function ownNames(role: RoleDefinition): string[] {
  return Object.entries(role.secrets).map(([name, { scope }]) =>
    scope === 'cluster' ? SECRETS.ofRole('', role, name) : `${role.name}/${name}`,
  );
}

/**
 * With the keys of certificates that the node has from before, where the bus lost them or cannot open them:
 * that is no reason for the node to lose them, too.
 */
export function withLostKeys(
  given: Delivery,
  had: Readonly<Record<string, string>>,
  catalogue: Catalogue,
): Delivery {
  const { view, secrets } = given;
  const isGivenThem = sharedPrefixesOf(view.node, catalogue).some((one) =>
    CERTIFICATES.startsWith(one),
  );
  if (!isGivenThem) return given;
  const certificates = [...view.certificates, ...Object.values(view.document?.certificates ?? {})];
  const names = new Set([SECRETS.fallbackCertificate, ...certificates.map(keyNameOf)]);
  const lost = [...names].filter((name) => !(name in secrets));
  if (lost.length === 0) return given;
  const kept = lost.flatMap((name) => (name in had ? [[name, had[name]!] as const] : []));
  return { ...given, secrets: { ...secrets, ...Object.fromEntries(kept) }, lost };
}

function prefixesOf(view: View, catalogue: Catalogue): Set<string> {
  return new Set([SECRETS.ofNode(view.node.id), ...sharedPrefixesOf(view.node, catalogue)]);
}

/** The core keeps all, so that its ledger is enough to bring the cluster back. */
export function sharedPrefixesOf(node: Pick<Node, 'roles'>, catalogue: Catalogue): string[] {
  if (isCore(node, catalogue)) return [''];
  return rolesOf(catalogue, node).flatMap(({ sharedSecrets }) => sharedSecrets);
}

/** The ledger of the core has all of them. */
export const WHEN_LOST =
  'on the core: df -h /var/lib/kato/data; then kato node setup core --recover-from /var/lib/kato/state/ledger.json';

/** A bus that lost secrets is no reason for a node to lose them, too: it keeps what it has. */
function refuseMissing(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw refuse(
    'STATE_OLDER',
    'the bus has lost secrets that this node needs',
    `there is nothing below ${missing.join(', ')}`,
    WHEN_LOST,
  );
}

export const secretShow = read(
  'secret.show',
  'admin',
  v.strictObject({ node: NODE, role: word }),
  async (known, params) => {
    const node = findNode(known.cluster, params.node);
    const role = definitionOf(known.catalogue, params.role);
    if (!(params.role in node.roles)) {
      const having = nodesWith(known.cluster, role.name)[0];
      throw refuse(
        'NOT_FOUND',
        `node ${node.name} does not have the role '${role.name}'`,
        undefined,
        having && `kato role info --secret ${role.name} -n ${having.name}`,
      );
    }
    const values = await Promise.all(
      Object.keys(role.secrets).map(async (name) => [
        name,
        await known.secret(SECRETS.ofRole(node.id, role, name)),
      ]),
    );
    return Object.fromEntries(values) as Record<string, string>;
  },
);
