import { counted } from '../base/counted.ts';
import type { Certificate } from '../document/cluster.ts';
import type { Catalogue } from '../roles/role.ts';
import type { Check, CheckLevel, CheckName } from './check.ts';
import { type Disk, diskCheck, lostLinesChecks } from './disk-checks.ts';
import { poolChecks } from './pool-checks.ts';
import {
  failedStep,
  hasGone,
  type NodeStatus,
  type RoleState,
  type RoleStatus,
  type Status,
  type WarningCode,
} from './status.ts';

export interface ChecksInput {
  catalogue: Catalogue;
  status: Status;
  /** Null when they could not be read. */
  certificates: readonly Pick<Certificate, 'domain' | 'notAfter' | 'notBefore'>[] | null;
  /** Each file system on which this node keeps something, once. */
  disks: readonly Disk[];
  nowMs: number;
}

export const CERTIFICATE_WARNING_DAYS = 30;
const CERTIFICATE_CRITICAL_DAYS = 7;
const DAY_MS = 86_400_000;

/** Everything that is looked at, in a fixed order; each name occurs at least once. */
export function checksOf(input: ChecksInput): Check[] {
  const { status } = input;
  return [
    { name: 'agent', level: 'ok', message: 'the agent of this node answers' },
    awayCheck(status, 'bus', NO_BUS, 'the bus answers'),
    awayCheck(status, 'controllers', ['CONTROLLER_AWAY'], 'a controller answers'),
    ...(isFromMemory(status) ? ownChecks(status) : clusterChecks(status, input.catalogue)),
    ...orOk('certificates', 'no certificate expires soon', certificateChecks(input)),
    diskCheck(input.disks),
    ...lostLinesChecks(status),
  ];
}

function clusterChecks(status: Status, catalogue: Catalogue): Check[] {
  return [
    stateCheck(status),
    ...orOk('nodes', 'no node is dead or silent', [
      ...status.nodes.flatMap(nodeChecks),
      ...warned(status, 'nodes', 'NODE_FLAPS'),
      ...warned(status, 'nodes', 'NODE_MOVED'),
      ...warned(status, 'nodes', 'NODE_CLONED'),
    ]),
    ...orOk('roles', 'all roles are as they should be', status.nodes.flatMap(roleChecks)),
    ...orOk('pools', 'every pool has members', [
      ...poolChecks(status, catalogue),
      ...warned(status, 'pools', 'POOL_BRAKE'),
      ...warned(status, 'pools', 'BACKEND_AWAY'),
      ...warned(status, 'pools', 'BACKEND_LOOP'),
    ]),
    exportCheck(status),
  ];
}

/** What is a warning of the status is one here: all of a code in one, which has no subject. */
function warned({ warnings }: Status, name: CheckName, code: WarningCode): Check[] {
  const messages = warnings.filter((warning) => warning.code === code).map((one) => one.message);
  return messages.length === 0 ? [] : [{ name, level: 'warning', message: messages.join('; ') }];
}

/**
 * Nobody reports on the cluster: how the others were is not an answer. This node sees for itself
 * what it runs.
 */
function ownChecks({ nodes }: Status): Check[] {
  const own = nodes.filter(({ self }) => self).flatMap(roleChecks);
  const unknown = (name: CheckName, what: string): Check => ({
    name,
    level: 'unknown',
    message: `${what} cannot be seen while nobody reports it`,
  });
  return [
    unknown('state', 'the state on the bus'),
    unknown('nodes', 'the state of other nodes'),
    ...orOk('roles', 'the roles of this node are as they should be', own),
    unknown('pools', 'the members of the pools'),
    unknown('export', 'the kept export'),
  ];
}

/** The status is what this node knew last. */
export function isFromMemory({ warnings }: Status): boolean {
  return warnings.some(({ code }) => code === 'CONTROLLER_AWAY' || NO_BUS.includes(code));
}

/** The worst of them; what is unknown is worse than a warning. */
export function worstOf(checks: readonly Check[]): CheckLevel {
  const order: CheckLevel[] = ['critical', 'unknown', 'warning'];
  return order.find((level) => checks.some((check) => check.level === level)) ?? 'ok';
}

/** The bus is away, or does not let this node in: either way it hears nothing. */
const NO_BUS: readonly WarningCode[] = ['BUS_AWAY', 'NODE_REFUSED'];

function awayCheck(
  { warnings }: Status,
  name: CheckName,
  codes: readonly WarningCode[],
  fine: string,
): Check {
  const away = warnings.find((warning) => codes.includes(warning.code));
  if (away !== undefined) return { name, level: 'critical', message: away.message };
  const unasked = warnings.some((warning) => NO_BUS.includes(warning.code));
  if (!unasked) return { name, level: 'ok', message: fine };
  return { name, level: 'unknown', message: 'cannot be asked while the bus is away' };
}

function stateCheck({ warnings }: Status): Check {
  const older = warnings.find((warning) => warning.code === 'STATE_OLDER');
  const large = warnings.find((warning) => warning.code === 'STATE_LARGE');
  if (older === undefined && large !== undefined) {
    return { name: 'state', level: 'warning', message: large.message };
  }
  if (older === undefined) return { name: 'state', level: 'ok', message: 'nodes and bus agree' };
  return { name: 'state', level: 'critical', message: older.message };
}

function nodeChecks(node: NodeStatus): Check[] {
  if (node.state !== 'dead' && node.state !== 'inactive') return [];
  const level = node.state === 'dead' ? 'critical' : 'warning';
  const value = node.lastSeen === null ? {} : { value: Math.round(node.lastSeen) };
  return [
    {
      name: 'nodes',
      level,
      message: `${node.name} is ${node.state}`,
      subject: node.name,
      ...value,
    },
  ];
}

const WRONG: readonly RoleState[] = ['failed', 'starting', 'unknown'];

/** Roles of a node that is gone are covered by the check of the node. */
function roleChecks(node: NodeStatus): Check[] {
  if (hasGone(node.state)) return [];
  const wrong = node.roles.filter(({ state }) => WRONG.includes(state));
  if (wrong.length === 0) return stepCheck(node);
  return wrong.map((role) => ({
    name: 'roles',
    level: role.state === 'failed' ? 'critical' : 'warning',
    message: `${role.name} on ${node.name} ${howIs(role, node)}`,
    subject: `${node.name}/${role.name}`,
  }));
}

/** With the reason, where the step that failed is of the role. */
function howIs(role: RoleStatus, node: NodeStatus): string {
  if (role.state === 'unknown') return 'is not known on every machine that has to do with it';
  if (role.state !== 'failed') return 'is starting';
  const step = failedStep(node, role);
  return step === undefined ? 'has failed' : `has failed: ${step.message}`;
}

/** Everything runs as before, but the node cannot follow what the cluster wants now. */
function stepCheck({ name, error }: NodeStatus): Check[] {
  if (error === undefined) return [];
  const message = `${name}: ${error.step} failed: ${error.message}`;
  return [{ name: 'roles', level: 'warning', message, subject: name }];
}

function certificateChecks({ certificates, nowMs }: ChecksInput): Check[] {
  if (certificates === null) {
    return [{ name: 'certificates', level: 'unknown', message: 'certificates cannot be read now' }];
  }
  return certificates.flatMap((certificate): Check[] => {
    const { domain, notAfter, notBefore } = certificate;
    if (isEarly(certificate, nowMs)) {
      const message = `the certificate for ${domain} is not good before ${notBefore}`;
      return [{ name: 'certificates', level: 'critical', message, subject: domain }];
    }
    const days = Math.floor((Date.parse(notAfter) - nowMs) / DAY_MS);
    if (days >= CERTIFICATE_WARNING_DAYS) return [];
    const level = days < CERTIFICATE_CRITICAL_DAYS ? 'critical' : 'warning';
    const message =
      days < 0
        ? `the certificate for ${domain} has expired`
        : `the certificate for ${domain} expires in ${counted(days, 'day')}`;
    return [{ name: 'certificates', level, message, subject: domain, value: days }];
  });
}

/** Clients do not accept it yet. */
export function isEarly({ notBefore }: Pick<Certificate, 'notBefore'>, nowMs: number): boolean {
  return notBefore !== undefined && Date.parse(notBefore) > nowMs;
}

function exportCheck({ warnings }: Status): Check {
  const late = warnings.find((warning) => warning.code === 'EXPORT_LATE');
  if (late === undefined) return { name: 'export', level: 'ok', message: 'no kept export is late' };
  return { name: 'export', level: 'warning', message: late.message };
}

function orOk(name: CheckName, fine: string, found: Check[]): Check[] {
  return found.length > 0 ? found : [{ name, level: 'ok', message: fine }];
}
