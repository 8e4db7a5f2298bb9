import { type KatoError, refuse } from '../base/error.ts';
import type { Cluster, Node, Route } from '../document/cluster.ts';
import { settingsOf } from '../document/settings.ts';
import type { Catalogue } from '../roles/role.ts';
import { confirmedWith } from '../roles/roles.ts';
import { heldBack } from '../rolls/rolls.ts';
import { specialUse } from './addresses.ts';
import { proxyRoles } from './proxies.ts';

/** Why requests had better not go to a backend. */
export interface BackendFault {
  code: 'BAD_ADDRESS' | 'CONFLICT';
  /** Goes on after the backend's name: `is a multicast address`. */
  why: string;
  /** A router or load balancer: requests would loop. */
  isLoop: boolean;
}

export type BackendJudge = (backend: string) => BackendFault | null;

/**
 * Judges any number of backends, `address:port`, by one document. What it refuses is never served
 * when it is announced, and a route may have it only where an admin insists.
 */
export function backendJudge(cluster: Cluster, catalogue: Catalogue): BackendJudge {
  const taken = portsOf(cluster, catalogue, [...catalogue.roles.keys()]);
  const proxies = proxyRoles(catalogue);
  return (backend) => {
    const address = backend.slice(0, backend.lastIndexOf(':'));
    const special = specialUse(cluster, catalogue, address);
    if (special !== null) return { code: 'BAD_ADDRESS', why: `is ${special}`, isLoop: false };
    const owner = taken.get(backend);
    if (owner === undefined) return null;
    const { node, role } = owner;
    const isLoop = proxies.includes(role);
    const why = isLoop ? loopText(owner) : `is the port of ${role} on ${node.name}`;
    return { code: 'CONFLICT', why, isLoop };
  };
}

/** What is said to a person who wants such a backend. */
export function refusedBackend(backend: string, { code, why }: BackendFault): KatoError {
  return refuse(
    code,
    `a route cannot lead to ${backend}`,
    `it ${why}`,
    'give another backend, or insist with --any-backend',
  );
}

interface Owner {
  node: Node;
  role: string;
}

/** Who would send requests on, by `address:port`. */
export function proxyPorts(cluster: Cluster, catalogue: Catalogue): Map<string, Owner> {
  return portsOf(cluster, catalogue, proxyRoles(catalogue));
}

/** Why a backend is left out that `loopJudge` found: goes on after its name, too. */
export function whyLoop(proxies: ReadonlyMap<string, Owner>, backend: string): string {
  return loopText(proxies.get(backend)!);
}

function loopText({ node, role }: Owner): string {
  return `is the port of ${role} on ${node.name}, and requests would loop`;
}

/**
 * Who listens where, by `address:port`, for these roles, also while they are stopped. What a machine that
 * shows but a token says of its address takes nobody's backends away.
 */
function portsOf(
  cluster: Cluster,
  catalogue: Catalogue,
  roles: readonly string[],
): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const role of roles) {
    const wanted = settingsOf(cluster, catalogue, role);
    const ports = catalogue.roles.get(role)!.ports.filter(({ protocol }) => protocol === 'tcp');
    for (const node of ports.length > 0 ? confirmedWith(cluster, role) : []) {
      // While a setting is on its way a node may be about to have another: it has both.
      for (const settings of [wanted, { ...wanted, ...heldBack(cluster, role, node.id) }]) {
        for (const { port, setting } of ports) {
          const at = setting === null ? port : settings[setting];
          owners.set(`${node.address}:${at}`, { node, role });
        }
      }
    }
  }
  return owners;
}

/** Whether requests to a member of a pool would come back to where they came from. */
export type LoopJudge = (backend: string, route?: Route) => boolean;

/** What pools leave out, whoever put it there: a node may have become a router later. */
export function loopJudge(
  cluster: Cluster,
  catalogue: Catalogue,
  among: readonly string[] = proxyRoles(catalogue),
): LoopJudge {
  const proxies = portsOf(cluster, catalogue, among);
  return (backend, route) => proxies.has(backend) && route?.anyBackends?.includes(backend) !== true;
}
