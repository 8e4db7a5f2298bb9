import { hashOf } from '../base/hash.ts';
import { configSteps, runSteps } from './plan.ts';
import type { Observed, ObservedProcess, ProcessSpec, Spec } from './spec.ts';
import type { Step } from './step.ts';

/** The delivery that was done on a node, and as what: a newer kato may write the same otherwise. */
export interface Written {
  /** Its hash. */
  delivery: string;
  /** A hash over config and program of each process that says `update: next_start` and did not fail. */
  processes: Record<string, string>;
}

/**
 * The steps after which running processes count as what this kato writes for a delivery that an earlier
 * one has done. `before` is null where that left no record: 0.1.0.
 */
export function updateSteps(
  spec: Spec,
  observed: Observed,
  delivery: string,
  before: Written | null,
): Step[] {
  return spec.processes.flatMap((process) => {
    const now = observed.processes[process.name];
    if (now === undefined || !isForNextStart(process, now)) return [];
    return wasDone(process, now, delivery, before) ? stepsFor(process, now) : [];
  });
}

/** The record after a pass. What was once done of a delivery stays so, whatever fails later. */
export function writtenAfter(
  spec: Spec,
  delivery: string,
  failed: ReadonlySet<string>,
  before: Written | null,
): Written | null {
  const takers = spec.processes.filter(({ update }) => update === 'next_start');
  if (takers.length === 0) return before;
  const done = takers.filter(({ name }) => !failed.has(name));
  const entries = done.map((process) => [process.name, writingOf(process)] as const);
  const known = before?.delivery === delivery ? before.processes : {};
  return { delivery, processes: { ...known, ...Object.fromEntries(entries) } };
}

/** It would be restarted, and nobody asked for that. */
function isForNextStart(process: ProcessSpec, now: ObservedProcess): boolean {
  if (process.update !== 'next_start' || now.restarts < process.restarts) return false;
  return runSteps(process, now).some(({ kind }) => kind === 'restart');
}

/** Otherwise the difference may be something that the cluster asked for. */
function wasDone(
  process: ProcessSpec,
  now: ObservedProcess,
  delivery: string,
  before: Written | null,
): boolean {
  const isLoaded = now.loadedHash === now.configHash || now.loadedHash === process.config?.hash;
  if (before === null) return isLoaded;
  const writing = before.processes[process.name];
  if (!isLoaded || before.delivery !== delivery || writing === undefined) return false;
  // What is as written then, and yet not so on the node, was changed there by a hand.
  return writing !== writingOf(process);
}

function stepsFor(process: ProcessSpec, now: ObservedProcess): Step[] {
  const { name, service } = process;
  const steps = configSteps(process, now).map((step): Step => {
    return step.kind === 'switch-config' ? { ...step, fromNextStart: true } : step;
  });
  if (now.programHash === service.programHash) return steps;
  return [...steps, { kind: 'write-service', process: name, service, fromNextStart: true }];
}

function writingOf({ config, service }: ProcessSpec): string {
  return hashOf([config?.hash ?? null, service.programHash]);
}
