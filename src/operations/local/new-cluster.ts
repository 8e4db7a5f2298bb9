import { randomBytes } from 'node:crypto';
import { controllerKeysOf, createIdentity, type Identity } from '../../bus/identity.ts';
import { refuse } from '../../domain/base/error.ts';
import { hashOf } from '../../domain/base/hash.ts';
import { CLUSTER_FORMAT, type Cluster, type Node } from '../../domain/document/cluster.ts';
import { prove } from '../../domain/document/proof.ts';
import { busPort } from '../../domain/nodes/core.ts';
import { NO_VERDICTS } from '../../domain/nodes/verdicts.ts';
import type { Catalogue } from '../../domain/roles/role.ts';
import { versionOf, viewFor } from '../../domain/views/view-for.ts';
import {
  makeBusCertificate,
  makeClusterAuthority,
  makeSelfSigned,
} from '../../machine/certificates.ts';
import type { HostFacts } from '../../machine/node/host.ts';
import type { Delivery, NodeIdentity } from '../../machine/node/ledger.ts';
import { newLineage } from '../lineage.ts';
import { SECRETS, secretsOf } from '../secrets.ts';
import { nodeNameOf } from './own-names.ts';

/** All that a new cluster starts with: kept on disk until the bus has it. */
export interface Draft {
  cluster: Cluster;
  secrets: Record<string, string>;
  identity: NodeIdentity;
  controller: Identity;
  /** Of a recovery: what a person should know of it. */
  notes?: string[];
}

export async function newCluster(options: {
  endpoint: string;
  address: string;
  facts: HostFacts;
  catalogue: Catalogue;
  kato: string;
}): Promise<Draft> {
  const { endpoint, address, facts, catalogue } = options;
  const id = newClusterId();
  const own = createIdentity();
  const controller = createIdentity();
  const node = coreNode(options, own.key);
  const authority = await makeClusterAuthority(id);
  const bus = await makeBusCertificate(authority, id);
  const fallback = await makeSelfSigned(endpoint.replace(/^api\./, ''));
  const cluster: Cluster = {
    format: CLUSTER_FORMAT,
    id,
    endpoint,
    lineage: newLineage(),
    epoch: 1,
    revision: 1,
    previousHash: '',
    settings: {},
    nodes: { [node.id]: node },
    routes: {},
    tokens: {},
    certificates: {},
    announcers: {},
    former: {},
    operations: [],
  };
  const secrets = {
    [SECRETS.busCertificate]: bus.certificate,
    [SECRETS.busKey]: bus.key,
    [SECRETS.busAuthority]: authority.certificate,
    [SECRETS.controller]: controller.seed,
    [SECRETS.authorityKey]: authority.key,
    [SECRETS.fallbackCertificate]: `${fallback.key}${fallback.certificate}`,
  };
  const identity: NodeIdentity = {
    format: 1,
    nodeId: node.id,
    name: node.name,
    ...own,
    clusterId: id,
    core: { address, port: busPort(cluster, catalogue) },
    ca: authority.certificate,
    machineId: facts.machineId,
    address,
  };
  return { cluster, secrets, identity, controller };
}

/** Starts with a letter: TLS holds a name whose last part is all digits to be an IP address. */
export function newClusterId(): string {
  return `c${randomBytes(4).toString('hex')}`;
}

/** What the core must know before a controller can tell it: its bus needs it to start. */
export function firstDelivery(draft: Draft, catalogue: Catalogue): Delivery {
  const view = viewFor(
    {
      cluster: draft.cluster,
      version: prove(versionOf(draft.cluster, hashOf(draft.cluster)), draft.controller.seed),
      controllerKeys: controllerKeysOf(draft.controller.seed),
      catalogue,
      verdicts: NO_VERDICTS,
      announced: [],
      at: new Date().toISOString(),
    },
    draft.identity.nodeId,
  );
  const { secrets, missing } = secretsOf(view, catalogue, draft.secrets);
  if (missing.length > 0) {
    const what = `there is nothing below ${missing.join(', ')}`;
    throw refuse('BAD_FILE', 'the saved state lacks secrets that the core needs', what);
  }
  return { hash: hashOf({ view, secrets }), view, secrets };
}

/** The roles that a core starts with; the router may leave it when another node has one. */
export const CORE_ROLES: readonly string[] = ['base', 'primary', 'controller', 'router'];

function coreNode(
  options: { address: string; facts: HostFacts; catalogue: Catalogue; kato: string },
  key: string,
): Node {
  const { address, facts, catalogue, kato } = options;
  const id = `n${randomBytes(6).toString('hex')}`;
  return {
    id,
    name: nodeNameOf(facts.hostname, null),
    hostname: facts.hostname,
    address,
    zone: 'default',
    admin: true,
    key,
    machineId: facts.machineId,
    version: kato,
    catalogue: [...catalogue.roles.keys()],
    allowedRoles: null,
    pendingUntil: null,
    joinedAt: new Date().toISOString(),
    roles: Object.fromEntries(CORE_ROLES.map((role) => [role, { stopped: null }])),
    held: {},
    restarts: {},
    purged: [],
    pinnedRouters: null,
    excludeSelf: true,
  };
}
