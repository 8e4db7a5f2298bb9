import fc from 'fast-check';
import { createToken, revokeToken } from '../../src/domain/access/tokens.ts';
import { KatoError } from '../../src/domain/base/error.ts';
import { type Asked, commit, type Decision } from '../../src/domain/document/change.ts';
import type { Cluster } from '../../src/domain/document/cluster.ts';
import { keepExport } from '../../src/domain/document/keep-export.ts';
import { changeSetting, type SettingChange } from '../../src/domain/document/setting-changes.ts';
import { join } from '../../src/domain/nodes/join.ts';
import { confirmNode, removeNodes, settleFormer } from '../../src/domain/nodes/leave.ts';
import { migrateNode } from '../../src/domain/nodes/migrate.ts';
import { switchProcesses } from '../../src/domain/roles/process-switch.ts';
import { addRoles, removeRoles } from '../../src/domain/roles/role-changes.ts';
import { switchRoles } from '../../src/domain/roles/role-switch.ts';
import { installCertificate, removeCertificate } from '../../src/domain/traffic/certificates.ts';
import { setupLoadBalancer } from '../../src/domain/traffic/load-balancer.ts';
import {
  addAnnouncer,
  addRoute,
  removeAnnouncer,
  removeRoute,
} from '../../src/domain/traffic/routes.ts';
import { asked, catalogue } from './clusters.ts';

/** One change that somebody asks for: what it is about is drawn by numbers. */
export interface Draw {
  what: string;
  one: number;
  other: number;
}

/** A change by the decisions of kato itself. What is refused changes nothing. */
export function changedBy(cluster: Cluster, { what, one, other }: Draw, at: string): Cluster {
  const ids = Object.keys(cluster.nodes).sort();
  const id = `op-${cluster.revision}`;
  const drawn: Drawn = { id, node: ids[one % ids.length]!, one, other };
  try {
    const decision = CHANGES[what]!(cluster, drawn, asked({ at, operationId: id }));
    return decision.changed ? commit(cluster, decision, id, []) : cluster;
  } catch (error) {
    if (error instanceof KatoError && error.code !== 'INTERNAL') return cluster;
    throw error;
  }
}

interface Drawn {
  /** No other change has it. */
  id: string;
  node: string;
  one: number;
  other: number;
}

type Decide = (cluster: Cluster, drawn: Drawn, by: Asked) => Decision<unknown>;

const of = <T>(all: readonly T[], number: number): T => all[number % all.length]!;

const ROLES = ['router', 'redis', 'memcached', 'postgresql', 'controller', 'load_balancer'];
// In no order, and one like a number: objects put those first.
const HOSTS = ['shop.org', 'a.shop.org', '*.blog.org', 'desk.org', '10.org', '9.org'];
const DAY_SECONDS = 86_400;
const SWITCHES = ['start', 'stop', 'restart'] as const;
const SETTINGS: readonly SettingChange[] = [
  { component: 'router', key: 'trusted_proxies', act: 'push', value: '10.9.0.0/16' },
  { component: 'router', key: 'trusted_proxies', act: 'del' },
  { component: 'router', key: 'http_port', act: 'set', value: 8081 },
  { component: 'router', key: 'http_port', act: 'del' },
  { component: 'redis', key: 'port', act: 'set', value: 6380 },
  { component: 'primary', key: 'port', act: 'set', value: 4333 },
  { component: 'cluster', key: 'heartbeat.interval', act: 'set', value: 5 },
  { component: 'cluster', key: 'heartbeat.interval', act: 'del' },
  { component: 'cluster', key: 'export.node', act: 'del' },
];

const CHANGES: Record<string, Decide> = {
  'a role is added': (cluster, { node, other }, by) =>
    addRoles(
      cluster,
      { node, roles: [of(ROLES, other)], selection: 'named', noStart: other % 2 > 0, force: true },
      by,
    ),
  'a role is removed': (cluster, { node, other }, by) => {
    const roles = [of(ROLES, other)];
    const params = { node, roles, selection: 'named', purgeData: other % 2 > 0 } as const;
    return removeRoles(cluster, { ...params, force: true }, by);
  },
  'a role is switched': (cluster, { node, one, other }, by) => {
    const roles = [of(ROLES, other)];
    const params = { node, roles, to: of(SWITCHES, one + other), force: true };
    return switchRoles(cluster, params, by);
  },
  'a process is switched': (cluster, { node, one, other }, by) => {
    const processes = [of(['redis', 'nginx', 'memcached'], other)];
    const params = { node, processes, to: of(SWITCHES, one + other), force: true };
    return switchProcesses(cluster, { ...params, isAnswering: true }, by);
  },
  'a setting is changed': (cluster, { other }, by) =>
    changeSetting(cluster, of(SETTINGS, other), by),
  'a route is added': (cluster, { one, other }, by) => {
    const route = `${of(HOSTS, other)}${of(['', '/api'], one)}`;
    const backends = [`10.1.0.${one % 5}:80`, `10.0.0.${one % 7}:80`];
    const params = { route, backends, sticky: one % 3 === 0, anyBackend: true };
    return addRoute(cluster, params, by);
  },
  'a route is removed': (cluster, { one, other }) =>
    removeRoute(cluster, { route: of(HOSTS, other), backends: [`10.1.0.${one % 5}:80`] }),
  'a certificate is installed': (cluster, { one, other }, by) => {
    const domain = of(HOSTS, other);
    const certificate = { domain, chain: `chain ${one % 3}`, notAfter: '2099-01-01' };
    const rest = { names: [domain], update: true, keyIsThere: true };
    return installCertificate(cluster, { ...certificate, ...rest }, by);
  },
  'a certificate is removed': (cluster, { other }) =>
    removeCertificate(cluster, { domain: of(HOSTS, other) }),
  'a token is made': (cluster, { id, one, other }, by) => {
    const ttlSeconds = (1 + (one % 3)) * DAY_SECONDS;
    const own = { id: `${other % 10}${id}`, secretHash: id, key: `UJ${id}` };
    const params = { ...own, roles: null, admin: false, uses: 3, ttlSeconds };
    return createToken(cluster, params, by);
  },
  'a token is revoked': (cluster, { other }, by) =>
    revokeToken(cluster, { id: of(['', ...Object.keys(cluster.tokens).sort()], other) }, by),
  'a machine joins': (cluster, drawn, by) => {
    const { id, one, other } = drawn;
    const token = cluster.tokens[of(Object.keys(cluster.tokens).sort(), other)];
    // A name may be that of a node that is gone.
    const name = of(['z', 'b', 'm', 'a'], one);
    return join(
      cluster,
      {
        ...{
          nodeId: `${name}${id}`,
          tokenId: token?.id ?? '',
          secretHash: token?.secretHash ?? '',
        },
        ...{ key: `U${id}`, name, nameChosen: false, hostname: name, machineId: `m${id}` },
        ...{ address: `10.0.0.${10 + (one % 200)}`, version: '0.2.0', coreVersion: '0.2.0' },
        ...{ catalogue: [...catalogue.roles.keys()], roles: [of(ROLES, other)], gone: [] },
        ...{ noStart: false, force: true, pendingUntil: by.at },
      },
      by,
    );
  },
  'a node is seen': (cluster, { node, other }, by) =>
    confirmNode(
      cluster,
      {
        ...{ node, version: of(['0.1.0', '0.2.0'], other), replacedIsGone: other % 2 > 0 },
        catalogue: [...catalogue.roles.keys()],
      },
      by,
    ),
  'a node is removed': (cluster, { node, other }, by) => {
    const isOdd = () => other % 2 > 0;
    return removeNodes(cluster, { nodes: [node], awaited: isOdd, force: true }, by);
  },
  'a removed node has stopped': (cluster, { other }) =>
    settleFormer(cluster, { id: of(['', ...Object.keys(cluster.former).sort()], other) }),
  'a node goes elsewhere': (cluster, { node, other }, by) => {
    const address = `10.0.0.${210 + (other % 40)}`;
    return migrateNode(cluster, { node, address, force: true, elsewhere: [], own: [] }, by);
  },
  'a load balancer is set up': (cluster, { node, one, other }, by) => {
    const pinned = ['10.9.9.9', '10.0.0.2', '10.0.0.1'].slice(other % 4);
    const params = { node, addresses: pinned, excludeSelf: one % 2 > 0, force: true };
    return setupLoadBalancer(cluster, params, by);
  },
  'a node keeps the export': (cluster, { node, other }, by) =>
    keepExport(cluster, { node, intervalSeconds: 60 * (1 + (other % 60)), key: `k${other}` }, by),
  'an announcer is let in': (cluster, { one, other }) =>
    addAnnouncer(cluster, { name: of(['zed', 'paas'], one), key: `UA${other}`, hosts: ['*.org'] }),
  'an announcer is shut out': (cluster, { one }) =>
    removeAnnouncer(cluster, { name: of(['zed', 'paas'], one) }),
};

export const draws: fc.Arbitrary<Draw> = fc.record({
  what: fc.constantFrom(...Object.keys(CHANGES)),
  one: fc.nat(1000),
  other: fc.nat(1000),
});
