import { sha256 } from '../../../src/domain/base/hash.ts';
import type { Cluster, Token } from '../../../src/domain/document/cluster.ts';
import { prove } from '../../../src/domain/document/proof.ts';
import type { Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import { keyNameOf } from '../../../src/domain/traffic/certificates.ts';
import { versionOf } from '../../../src/domain/views/view-for.ts';
import { makeSelfSigned } from '../../../src/machine/certificates.ts';
import type { Knowledge } from '../../../src/operations/operation.ts';
import { SECRETS } from '../../../src/operations/secrets.ts';
import { catalogue, clusterWith, NOW, nodeOf, tokenOf } from '../clusters.ts';
import { reportOf } from '../reports.ts';
import { contentsOf } from '../views.ts';

export const ROLES = [...catalogue.roles.keys()];
export const GROUPS = [...catalogue.groups.keys()];

/** The ids of the two machines that somebody with a token has, once they are nodes. */
export const MINE = ['n00000000000b', 'n00000000000c'] as const;
export const CORE = 'n000000000001';
export const DATA = 'n000000000002';
const EDGE = 'n000000000003';
export const DEAD = 'n000000000004';
const VERDICTS: Verdicts = { silent: { [DEAD]: { state: 'dead', since: NOW } }, outages: {} };

/** What the intruder never hears of: with it he could join as an admin. */
export const ADMIN_HASH = sha256('not known');
const ADMIN: Partial<Token> = { admin: true, usesLeft: 5, secretHash: ADMIN_HASH };
const ROUTE = { host: 'a.example.com', path: '/', backends: ['10.0.0.2:8001'], sticky: false };
const CERTIFICATE = { domain: 'a.example.com', chain: 'chain', notAfter: '2027-01-01T00:00:00Z' };
/** Another one for the same name, which would be taken. */
export const { certificate: CHAIN, key: CHAIN_KEY } = await makeSelfSigned(CERTIFICATE.domain);

/** A cluster of which somebody has the token `t1`, with something of every kind that is not his. */
export function clusterOf(token: Token): Cluster {
  const nodes = [
    nodeOf('core', ['primary', 'controller', 'router'], { id: CORE, admin: true }),
    nodeOf('data', ['redis', 'postgresql'], { id: DATA }),
    nodeOf('edge', ['router'], { id: EDGE }),
    nodeOf('gone', ['memcached'], { id: DEAD }),
  ].map((node, i) => ({ ...node, address: `10.0.0.${i + 1}` }));
  return clusterWith(
    {},
    {
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
      tokens: {
        t1: { ...token, secretHash: sha256('s') },
        token001: tokenOf('token001', ADMIN),
      },
      routes: { 'a.example.com': ROUTE },
      certificates: { 'a.example.com': CERTIFICATE },
      announcers: { shop: { name: 'shop', key: 'USHOP', hosts: ['shop.example.com'] } },
      exportKey: '0',
      settings: { cluster: { 'export.node': 'edge' } },
    },
  );
}

/** What a secret is: its own name, so that it is known wherever it comes out; of a seal it is a key. */
export const secretCalled = (name: string): string =>
  name === SECRETS.exportKey('0') ? SEAL : `=${name}`;

const SEAL = Buffer.alloc(48, 'seal').toString('base64');

/** Names of every secret that there is. */
export function secretNames({ nodes, former }: Cluster): string[] {
  const own = [...Object.keys(nodes), ...Object.keys(former)].flatMap((id) =>
    ROLES.map((role) => catalogue.roles.get(role)!).flatMap((role) =>
      Object.keys(role.secrets).map((name) => SECRETS.ofRole(id, role, name)),
    ),
  );
  return [
    ...[SECRETS.busCertificate, SECRETS.busKey, SECRETS.busAuthority, SECRETS.controller],
    ...[SECRETS.authorityKey, SECRETS.fallbackCertificate, SECRETS.exportKey('0')],
    keyNameOf(CERTIFICATE),
    ...own,
  ];
}

/** What a controller knows that has this document. */
export function knowing(cluster: Cluster): Knowledge {
  const made = knownOf.get(cluster) ?? knowledgeOf(cluster);
  knownOf.set(cluster, made);
  return made;
}

const knownOf = new WeakMap<Cluster, Knowledge>();

function knowledgeOf(cluster: Cluster): Knowledge {
  const secrets = Object.fromEntries(
    secretNames(cluster).map((name) => [name, secretCalled(name)]),
  );
  const below = (prefix: string) =>
    Object.fromEntries(Object.entries(secrets).filter(([name]) => name.startsWith(prefix)));
  const known: Partial<Knowledge> = {
    cluster,
    catalogue,
    version: prove(versionOf(cluster, ''), 'seed'),
    older: null,
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
    kato: '0.2.0',
    verdicts: VERDICTS,
    announced: [],
    contents: contentsOf(cluster),
    caughtUp: async () => known as Knowledge,
    displaced: new Map(),
    voicesOf: () => ({ heard: [], sideBySide: false }),
    takeDisplaced: async () => {},
    announcements: {
      needsFrom: () => true,
      adopt: async () => false,
      shown: (unproven) => ({ announced: unproven, proof: null }),
      refused: () => ({}),
    },
    reports: new Map(Object.keys(cluster.nodes).map((id) => [id, REPORT(id)])),
    lastSeen: new Map(),
    now: () => new Date(NOW),
    secret: async (name) => secrets[name] ?? null,
    secretsBelow: async (prefix) => below(prefix),
    askAll: async () => new Map(),
    askNode: async (id) => ({ ...REPORT(id) }) as never,
    history: async () => [],
    nextNews: async () => {},
  };
  return known as Knowledge;
}

const REPORT = (id: string) => reportOf(id, { redis: 'RUNNING' });
