import { compileNode } from '../domain/compile/compile-node.ts';
import { toErrorRecord } from '../domain/error.ts';
import type { Paths } from '../domain/paths.ts';
import { planNode } from '../domain/plan.ts';
import type { Catalogue } from '../domain/role.ts';
import type { Observed, Spec } from '../domain/spec.ts';
import type { ProcessReport, Report, Step, StepFailure, StepResult } from '../domain/step.ts';
import type { Version } from '../domain/view.ts';
import { resolvePrograms } from '../catalog/programs.ts';
import type { Renderer } from '../catalog/renderer.ts';
import { applyStep } from '../machine/apply/apply.ts';
import type { Delivery } from '../machine/ledger.ts';
import { observe } from '../machine/observe.ts';

export interface PassContext {
  paths: Paths;
  catalogue: Catalogue;
  render: Renderer;
  /** Path of bin/kato and its version. */
  kato: { program: string; version: string };
  bootId: string;
}

/** The service name of the agent itself: never planned, never rogue. */
export const AGENT = 'agent';

/** Makes the node what the view says. Failures are in the report, never thrown. */
export async function pass(
  context: PassContext,
  delivery: Delivery,
  refusedView: Version | null,
  onProgress: (report: Report) => void,
): Promise<Report> {
  const results: StepResult[] = [];
  const failures: StepFailure[] = [];
  const { view } = delivery;
  const spec = await compile(context, delivery);
  const before = await observeNode(context, spec);
  const steps = planNode(spec, before);
  const reportNow = (observed: Observed, complete: boolean): Report => ({
    node: view.node.id,
    version: view.version,
    kato: context.kato.version,
    catalogue: [...context.catalogue.roles.keys()],
    bootId: context.bootId,
    at: new Date().toISOString(),
    steps: [...results],
    failures: [...failures],
    processes: processReports(context, delivery, spec, observed),
    refusedView,
    complete,
  });
  if (steps.length === 0) return reportNow(before, true);

  const apply = async (step: Step): Promise<boolean> => {
    const startedMs = performance.now();
    try {
      await applyStep(step, { paths: context.paths, self: AGENT });
    } catch (error) {
      failures.push({ kind: step.kind, process: step.process, ...toErrorRecord(error) });
    }
    const failed = failures.some((f) => f.kind === step.kind && f.process === step.process);
    const ms = Math.round(performance.now() - startedMs);
    results.push({ kind: step.kind, process: step.process, ms, failed });
    onProgress(reportNow(before, false));
    return !failed;
  };
  const { stops, groups } = arrange(steps);
  await Promise.all(stops.map(apply));
  await Promise.all(groups.map((group) => applyGroup(group, apply)));
  return reportNow(await observeNode(context, spec), true);
}

/** Stops are done before anything starts; then the processes do not wait for each other. */
export function arrange(steps: readonly Step[]): { stops: Step[]; groups: Step[][] } {
  const isStop = (step: Step): boolean => step.kind === 'stop' || step.kind === 'remove';
  const groups = new Map<string, Step[]>();
  for (const step of steps.filter((candidate) => !isStop(candidate))) {
    groups.set(step.process, [...(groups.get(step.process) ?? []), step]);
  }
  return { stops: steps.filter(isStop), groups: [...groups.values()] };
}

/** A failed step ends its group. */
async function applyGroup(
  group: readonly Step[],
  apply: (step: Step) => Promise<boolean>,
): Promise<void> {
  for (const step of group) {
    if (!(await apply(step))) return;
  }
}

export async function compile(context: PassContext, delivery: Delivery): Promise<Spec> {
  const { view, secrets } = delivery;
  return compileNode({
    view,
    secrets,
    catalogue: context.catalogue,
    render: context.render,
    paths: context.paths,
    bootId: context.bootId,
    programs: await resolvePrograms(context.catalogue, Object.keys(view.node.roles)),
    kato: context.kato.program,
  });
}

async function observeNode(context: PassContext, spec: Spec): Promise<Observed> {
  const observed = await observe(context.paths, spec.processes);
  const { [AGENT]: _agent, ...processes } = observed.processes;
  return { ...observed, processes };
}

/** How the processes are now, with what nobody asked for as ROGUE. */
export async function reportProcesses(
  context: PassContext,
  delivery: Delivery,
  spec: Spec,
): Promise<Report['processes']> {
  return processReports(context, delivery, spec, await observeNode(context, spec));
}

function processReports(
  context: PassContext,
  delivery: Delivery,
  spec: Spec,
  observed: Observed,
): Record<string, ProcessReport> {
  const wanted = new Set(spec.processes.map((process) => process.name));
  const { held } = delivery.view.node;
  return Object.fromEntries(
    Object.entries(observed.processes).map(([name, { state, pid, since }]) => [
      name,
      {
        state: wanted.has(name) || state === 'STOPPED' ? state : 'ROGUE',
        pid,
        since,
        held: held[name] === context.bootId,
      },
    ]),
  );
}
