import { join } from 'node:path';
import { loadCatalogue } from '../../src/catalog/load.ts';
import type { Asked } from '../../src/domain/document/change.ts';
import type { Cluster, Node, Token } from '../../src/domain/document/cluster.ts';
import type { Presence } from '../../src/domain/nodes/presence.ts';
import type { Catalogue } from '../../src/domain/roles/role.ts';

/** The roles that kato comes with, read once. */
export const catalogue: Catalogue = loadCatalogue(join(import.meta.dirname, '../..'));

/** When everything in these tests happens, unless they say otherwise. */
export const NOW = '2026-03-01T12:00:00.000Z';

/** The time so many seconds after NOW. */
export function later(seconds: number): string {
  return new Date(Date.parse(NOW) + seconds * 1000).toISOString();
}

/** Who asks: the core, an admin, unless told otherwise; all nodes live. */
export function asked(changes: Partial<Asked> = {}): Asked {
  return { operationId: 'op-1', by: 'core', at: NOW, catalogue, ...who(), ...changes };
}

/** All nodes live in their first boot, of which nothing bad is known, but for what is said of some. */
export function who(some: Record<string, Partial<Presence>> = {}): Pick<Asked, 'presence'> {
  return {
    presence: (id) => ({ gone: null, bootId: 'boot-1', report: null, ready: {}, ...some[id] }),
  };
}

/** Roles of the core as `kato node setup core` gives them. */
const CORE_ROLES = ['primary', 'controller', 'router'];

/**
 * A cluster with a core at 10.0.0.1, and by name the roles of further nodes: `{ web: ['router'] }`.
 * The id of a node is its name; they have the addresses 10.0.0.2, 10.0.0.3 and so on.
 */
export function clusterWith(
  others: Record<string, readonly string[]> = {},
  changes: Partial<Cluster> = {},
): Cluster {
  const names = { core: CORE_ROLES, ...others };
  const nodes = Object.entries(names).map(([name, roles], i) => {
    const admin = name === 'core';
    return [name, nodeOf(name, roles, { address: `10.0.0.${i + 1}`, admin })] as const;
  });
  return {
    format: 1,
    id: 'c1',
    endpoint: 'api.example.com',
    lineage: 'l1',
    epoch: 1,
    revision: 1,
    previousHash: '',
    settings: {},
    nodes: Object.fromEntries(nodes),
    routes: {},
    tokens: {},
    certificates: {},
    announcers: {},
    former: {},
    operations: [],
    ...changes,
  };
}

export function nodeOf(name: string, roles: readonly string[], changes: Partial<Node> = {}): Node {
  return {
    id: name,
    name,
    hostname: `${name}.example.com`,
    address: '10.0.0.99',
    zone: 'default',
    admin: false,
    key: `U${name.toUpperCase()}`,
    machineId: `machine-${name}`,
    version: '0.1.0',
    catalogue: [...catalogue.roles.keys()],
    allowedRoles: null,
    pendingUntil: null,
    joinedAt: NOW,
    roles: Object.fromEntries(['base', ...roles].map((role) => [role, { stopped: null }])),
    held: {},
    restarts: {},
    purged: [],
    pinnedRouters: null,
    excludeSelf: false,
    ...changes,
  };
}

/** The same cluster with one node changed. */
export function withNode(cluster: Cluster, name: string, changes: Partial<Node>): Cluster {
  const node = { ...cluster.nodes[name]!, ...changes };
  return { ...cluster, nodes: { ...cluster.nodes, [name]: node } };
}

/** A token for one node, any role, for an hour. */
export function tokenOf(id: string, changes: Partial<Token> = {}): Token {
  return {
    id,
    secretHash: `hash-${id}`,
    key: `UJOIN-${id}`,
    roles: null,
    admin: false,
    usesLeft: 1,
    createdBy: 'core',
    createdAt: NOW,
    expiresAt: later(3600),
    revokedAt: null,
    ...changes,
  };
}
