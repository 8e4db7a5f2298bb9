import { BYTES_WARNING, bytesOf } from '../document/budget.ts';
import type { Node } from '../document/cluster.ts';
import { exportFault } from '../document/kept-export.ts';
import { olderState, type SeenBefore } from '../document/older-state.ts';
import type { Report, StepFailure } from '../making/step.ts';
import { coreAddress } from '../nodes/core.ts';
import { type IdentityInput, identityWarnings } from '../nodes/displaced.ts';
import { isGone, type Verdicts } from '../nodes/verdicts.ts';
import type { Catalogue } from '../roles/role.ts';
import type { Pool } from '../traffic/pools.ts';
import { CERTIFICATE_WARNING_DAYS, isEarly } from './checks.ts';
import { lostLinesWarnings } from './lost-lines.ts';
import { poolWarnings } from './pool-warnings.ts';
import { roleStatus } from './role-status.ts';
import { rollWarnings } from './roll-warnings.ts';
import type { NodeState, NodeStatus, Status, Warning } from './status.ts';
import { unknownRoleWarnings } from './unknown-roles.ts';

export interface StatusInput extends IdentityInput {
  /** The state on the bus does not go on from this version, which was seen before. */
  older: SeenBefore | null;
  catalogue: Catalogue;
  verdicts: Verdicts;
  pools: Pool[];
  /** The last report of each node. */
  reports: ReadonlyMap<string, Report>;
  /** Hash of what a node should have now. */
  contentOf(id: string): string;
  /** Seconds since the last sign of life. */
  lastSeen: ReadonlyMap<string, number>;
  /** The node whose agent asks. */
  self: string;
  /** Also roles that no node has. */
  all: boolean;
  nowMs: number;
}

const CERTIFICATE_WARNING_MS = CERTIFICATE_WARNING_DAYS * 86_400_000;

/** How the cluster is: what people and programs are shown. */
export function statusOf(input: StatusInput): Status {
  const { cluster, catalogue } = input;
  const nodes = Object.values(cluster.nodes)
    .map((node) => nodeStatus(input, node))
    .sort(byAddress);
  const held = new Set(Object.values(cluster.nodes).flatMap((node) => Object.keys(node.roles)));
  return {
    format: 1,
    cluster: {
      id: cluster.id,
      endpoint: cluster.endpoint,
      core: coreAddress(cluster, catalogue),
      revision: cluster.revision,
    },
    warnings: [
      ...stateWarnings(input),
      ...identityWarnings(input),
      ...nodeWarnings(input, nodes),
      ...unknownRoleWarnings(input),
      ...rollWarnings(cluster, catalogue),
      ...poolWarnings({ ...input, nodes }),
      ...certificateWarnings(input),
      ...exportWarnings(input),
      ...replacedWarnings(input),
    ],
    nodes,
    pools: input.pools.map(({ name, kind, members }) => ({ name, kind, members })),
    unassigned: input.all ? [...catalogue.roles.keys()].filter((role) => !held.has(role)) : [],
  };
}

function nodeStatus(input: StatusInput, node: Node): NodeStatus {
  const report = input.reports.get(node.id);
  const state = nodeState(input.verdicts, node);
  const failure = report?.failures[0];
  const isSame = report?.content === input.contentOf(node.id);
  return {
    id: node.id,
    name: node.name,
    address: node.address,
    state,
    lastSeen: input.lastSeen.get(node.id) ?? null,
    self: node.id === input.self,
    version: node.version,
    // What changed nothing for a node was applied there with what it has.
    appliedRevision: isSame ? input.cluster.revision : (report?.version.revision ?? 0),
    ...(failure === undefined ? {} : { error: errorOf(failure) }),
    zone: node.zone,
    roles: Object.keys(node.roles).map((role) => roleStatus(input, node, role, state, report)),
  };
}

type NodeError = NonNullable<NodeStatus['error']>;

export function errorOf({ kind, process, certificate, since, ...error }: StepFailure): NodeError {
  return { step: `${kind} ${process}`, ...error };
}

/** Data and files are a person's to bring back, and who looks at the status is that person. */
export function failureWarning(
  node: string,
  { step, code, message, why, next }: NodeError,
): Warning {
  const text = `${node}: ${step} failed: ${message}`;
  const said = code === 'DATA_MISSING' ? code : 'STEP_FAILED';
  if (code !== 'DATA_MISSING' && code !== 'BAD_FILE') return { code: said, message: text, node };
  const more = [why, next].filter((part) => part !== undefined);
  return { code: said, message: [text, more.join('; ')].join(': '), node };
}

export function nodeState(verdicts: Verdicts, node: Node): NodeState {
  if (node.pendingUntil !== null) return 'joining';
  return verdicts.silent[node.id]?.state ?? 'active';
}

function stateWarnings({ older, cluster }: StatusInput): Warning[] {
  const bytes = bytesOf(cluster);
  const large = `the state of the cluster is ${(bytes / 1e6).toFixed(1)} MB large, and its size is limited`;
  const said: Warning[] = bytes > BYTES_WARNING ? [{ code: 'STATE_LARGE', message: large }] : [];
  if (older === null) return said;
  const { message: what, why, next } = olderState(older);
  const message = older.lost
    ? `${what}: ${why}; ${next}`
    : `${what}: nothing is changed until ${next}`;
  return [{ code: 'STATE_OLDER', message }, ...said];
}

function nodeWarnings(input: StatusInput, nodes: readonly NodeStatus[]): Warning[] {
  return nodes.flatMap((node) => {
    const said: Warning[] = [];
    const warn = (code: Warning['code'], message: string): void => {
      said.push({ code, message, node: node.name });
    };
    const ago = node.lastSeen === null ? '' : `, last seen ${Math.round(node.lastSeen)} s ago`;
    if (node.state === 'dead') warn('NODE_DEAD', `${node.name} is dead${ago}`);
    if (node.state === 'inactive') warn('NODE_INACTIVE', `${node.name} is inactive${ago}`);
    const report = input.reports.get(node.id);
    if (report?.refusedView != null) {
      warn(
        'STATE_OLDER',
        `${node.name} has seen revision ${(report.seen ?? report.version).revision}, but the bus has an older or another history`,
      );
    }
    if (isGone(input.verdicts, node.id)) return said;
    const failures = report?.failures ?? [];
    said.push(...failures.map((failure) => failureWarning(node.name, errorOf(failure))));
    said.push(...lostLinesWarnings(node.name, report));
    for (const { name, stoppedBy, processes } of node.roles) {
      if (stoppedBy !== undefined) {
        warn('ROLE_STOPPED', `${name} on ${node.name} is stopped by ${stoppedBy}`);
      }
      for (const process of processes) {
        if (process.state === 'FATAL') {
          warn('PROCESS_FATAL', `${process.name} on ${node.name} keeps dying`);
        }
      }
    }
    for (const [process, { state }] of Object.entries(report?.processes ?? {})) {
      if (state === 'ROGUE') {
        warn('PROCESS_ROGUE', `${process} runs on ${node.name}, but no role wants it there`);
      }
    }
    return said;
  });
}

function certificateWarnings({ cluster, nowMs }: StatusInput): Warning[] {
  return Object.values(cluster.certificates).flatMap((certificate): Warning[] => {
    const { domain, notAfter, notBefore } = certificate;
    const code = 'CERTIFICATE_EXPIRES';
    if (isEarly(certificate, nowMs)) {
      return [{ code, message: `the certificate for ${domain} is not good before ${notBefore}` }];
    }
    if (Date.parse(notAfter) - nowMs >= CERTIFICATE_WARNING_MS) return [];
    const ends = Date.parse(notAfter) < nowMs ? 'expired' : 'expires';
    return [{ code, message: `the certificate for ${domain} ${ends} on ${notAfter}` }];
  });
}

function exportWarnings({ cluster, reports, verdicts }: StatusInput): Warning[] {
  const fault = exportFault(cluster, reports, (id) => isGone(verdicts, id));
  return fault === null ? [] : [{ code: 'EXPORT_LATE', ...fault }];
}

/** Whoever holds a token could have done it: for a day it is there to be seen. */
const REPLACED_SHOWN_MS = 86_400_000;

function replacedWarnings({ cluster, nowMs }: StatusInput): Warning[] {
  return Object.values(cluster.former).flatMap(({ id, name, removedAt, replacedBy }): Warning[] => {
    const isRecent = nowMs - Date.parse(removedAt) < REPLACED_SHOWN_MS;
    const node = replacedBy === undefined ? undefined : cluster.nodes[replacedBy];
    if (node === undefined || !isRecent) return [];
    const message = `a machine with a token took the place of the dead node ${name} (${id}), at ${node.address}`;
    return [{ code: 'NODE_REPLACED', message, node: node.name }];
  });
}

/** The order of nodes wherever they are shown: 10.0.0.9 before 10.0.0.10. */
export function byAddress(a: Pick<Node, 'address'>, b: Pick<Node, 'address'>): number {
  const number = (address: string): number =>
    address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return number(a.address) - number(b.address);
}
