import * as v from 'valibot';
import type { Json } from '../domain/cluster.ts';
import type { Report } from '../domain/step.ts';

const VERSION = v.object({
  lineage: v.string(),
  epoch: v.number(),
  revision: v.number(),
  hash: v.string(),
});

/** Which document somebody has, as it crosses the bus. */
export const PROVEN_VERSION = v.object({ ...VERSION.entries, proof: v.string() });

const REPORT = v.object({
  node: v.string(),
  version: PROVEN_VERSION,
  kato: v.string(),
  catalogue: v.array(v.string()),
  bootId: v.string(),
  at: v.pipe(v.string(), v.isoTimestamp()),
  steps: v.array(
    v.object({ kind: v.string(), process: v.string(), ms: v.number(), failed: v.boolean() }),
  ),
  failures: v.array(
    v.object({
      kind: v.string(),
      process: v.string(),
      code: v.string(),
      message: v.string(),
      why: v.exactOptional(v.string()),
      next: v.exactOptional(v.string()),
    }),
  ),
  processes: v.record(
    v.string(),
    v.object({
      state: v.picklist(['STOPPED', 'STARTING', 'RUNNING', 'FATAL', 'ROGUE']),
      pid: v.nullable(v.number()),
      since: v.pipe(v.string(), v.isoTimestamp()),
      held: v.boolean(),
    }),
  ),
  roles: v.record(v.string(), v.array(v.string())),
  refusedView: v.nullable(VERSION),
  exportedAt: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  complete: v.boolean(),
});

/** A report as a node sent it; null for what is none, which must not reach the status of all. */
export function reportOf(body: Json): Report | null {
  const parsed = v.safeParse(REPORT, body);
  return parsed.success ? (parsed.output as Report) : null;
}
