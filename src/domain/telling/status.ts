import type { ErrorRecord } from '../base/error-codes.ts';
import type { ProcessState } from '../making/spec.ts';
import type { PoolMember } from '../traffic/pools.ts';

/**
 * What `kato status --json` prints: `docs/reference/status.schema.json` is the contract.
 * `format` grows when a field changes its meaning.
 */
export interface Status {
  format: 1;
  cluster: { id: string; endpoint: string; core: string; revision: number };
  warnings: Warning[];
  nodes: NodeStatus[];
  pools: PoolStatus[];
  /** Roles of the catalogue that no node has; only with `--all`. */
  unassigned: string[];
}

export interface Warning {
  code: WarningCode;
  message: string;
  node?: string;
}

/** Closed list; docs/reference/status.md describes each. */
export type WarningCode =
  | 'BUS_AWAY'
  | 'CONTROLLER_AWAY'
  | 'STATE_OLDER'
  | 'NODE_DEAD'
  | 'NODE_INACTIVE'
  | 'STEP_FAILED'
  | 'DATA_MISSING'
  | 'PROCESS_FATAL'
  | 'PROCESS_ROGUE'
  | 'ROLE_STOPPED'
  | 'ROLE_UNKNOWN'
  | 'SETTING_UNDER_WAY'
  | 'SETTING_STOPPED'
  | 'POOL_EMPTY'
  | 'POOL_BRAKE'
  | 'BACKEND_AWAY'
  | 'NODE_FLAPS'
  | 'BACKEND_LOOP'
  | 'CERTIFICATE_EXPIRES'
  | 'EXPORT_LATE'
  | 'LOG_LOST'
  | 'STATE_LARGE'
  | 'NODE_REFUSED'
  | 'NODE_REPLACED'
  | 'NODE_MOVED'
  | 'NODE_CLONED';

export type NodeState = 'active' | 'inactive' | 'dead' | 'joining' | 'left';
export type RoleState = 'running' | 'starting' | 'stopped' | 'failed' | 'unknown';

/** Dead, or asked to go: its place may be taken and pools leave it out. */
export function hasGone(state: NodeState | undefined): state is 'dead' | 'left' {
  return state === 'dead' || state === 'left';
}

export interface NodeStatus {
  id: string;
  name: string;
  address: string;
  state: NodeState;
  /** Seconds since the last sign of life; null when there never was one. */
  lastSeen: number | null;
  /** The node that answers. */
  self: boolean;
  version: string;
  appliedRevision: number;
  error?: ErrorRecord & { step: string };
  zone: string;
  roles: RoleStatus[];
}

/** What failed on a node, where that was a step of one of the role's processes. */
export function failedStep(
  { error }: NodeStatus,
  { processes }: RoleStatus,
): NonNullable<NodeStatus['error']> | undefined {
  const isOfRole = processes.some(({ name }) => error?.step.endsWith(` ${name}`));
  return isOfRole ? error : undefined;
}

export interface RoleStatus {
  name: string;
  state: RoleState;
  /** Who stopped it, while it is stopped. */
  stoppedBy?: string;
  processes: ProcessStatus[];
}

export interface ProcessStatus {
  name: string;
  state: ProcessState;
  pid: number | null;
  since: string | null;
  held?: boolean;
}

export interface PoolStatus {
  name: string;
  kind: 'routers' | 'controllers' | 'role' | 'route';
  members: PoolMember[];
}
