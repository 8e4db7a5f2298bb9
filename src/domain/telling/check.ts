export type CheckLevel = 'ok' | 'warning' | 'critical' | 'unknown';

/** One thing that was checked; docs/reference/checks.md describes each and its thresholds. */
export interface Check {
  name: CheckName;
  level: CheckLevel;
  /** What was found: one sentence, no full stop. */
  message: string;
  /** What it is about: a node, a domain, a pool. */
  subject?: string;
  /** What was measured, in the unit of its name. */
  value?: number;
}

/** Closed list. */
export type CheckName =
  | 'agent'
  | 'bus'
  | 'controllers'
  | 'state'
  | 'nodes'
  | 'roles'
  | 'pools'
  | 'certificates'
  | 'export'
  | 'disk';
