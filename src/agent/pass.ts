import { resolvePrograms } from '../catalog/programs.ts';
import type { Renderer } from '../catalog/renderer.ts';
import { toErrorRecord } from '../domain/base/error.ts';
import { compileNode } from '../domain/making/compile-node.ts';
import type { Paths } from '../domain/making/paths.ts';
import { planNode } from '../domain/making/plan.ts';
import type { Observed, Spec } from '../domain/making/spec.ts';
import type { Report, Step, StepFailure, StepResult } from '../domain/making/step.ts';
import type { Catalogue } from '../domain/roles/role.ts';
import { allProcessNames, rolesOf, unknownRoles } from '../domain/roles/roles.ts';
import type { Version } from '../domain/views/view.ts';
import { applyStep } from '../machine/apply/apply.ts';
import { sweepConfigs } from '../machine/apply/config.ts';
import { readForeign } from '../machine/disk/files.ts';
import { AGENT } from '../machine/disk/places.ts';
import type { Delivery } from '../machine/node/ledger.ts';
import { observe, observeStates, type ProcessNow } from '../machine/observe.ts';
import { nodeTime } from './node-time.ts';
import { forgetVerdicts, withUsableCertificates } from './usable-certificates.ts';

export interface PassContext {
  paths: Paths;
  catalogue: Catalogue;
  render: Renderer;
  /** Path of bin/kato and its version. */
  kato: { program: string; version: string };
  bootId: string;
}

/** `15`, and no more than that. */
const VERSION_BYTES_MAX = 100;

/** Makes the node what the view says: the spec. Failures of steps are in the report, never thrown. */
export async function pass(
  context: PassContext,
  delivery: Delivery,
  refusedView: Version | null,
  onProgress: (report: Report) => void,
): Promise<{ report: Report; spec: Spec }> {
  const done: { steps: StepResult[]; failures: StepFailure[] } = { steps: [], failures: [] };
  const report = ({ processes }: Observed, complete: boolean): Report => ({
    ...describe(context, delivery, processes),
    steps: [...done.steps],
    failures: [...done.failures, ...looked.faults],
    refusedView,
    complete,
  });
  const applyAll = async (steps: readonly Step[], looked: Look): Promise<void> => {
    const apply = async (step: Step): Promise<boolean> => {
      const failure = await applied(step, context.paths, done.steps);
      if (failure !== null) done.failures.push(failure);
      onProgress(report(looked.observed, false));
      return failure === null;
    };
    const { stops, groups } = arrange(steps);
    await Promise.all(stops.map(apply));
    await Promise.all(groups.map((group) => applyGroup(group, apply)));
  };

  let looked = await look(context, delivery);
  const isPackages = (step: Step): boolean => step.kind === 'install-packages';
  if (looked.steps.some(isPackages)) {
    // What a package brings (the path of a program) is part of the plan that follows.
    await applyAll(looked.steps.filter(isPackages), looked);
    looked = await look(context, delivery);
  }
  for (const { process, error } of looked.spec.broken) {
    done.failures.push({ kind: 'compile', process, ...error });
  }
  const failed = new Set(done.failures.map((failure) => failure.process));
  const steps = looked.steps.filter((step) => !failed.has(step.process));
  await applyAll(steps, looked);
  const again = await lookAgain(context, delivery, looked, done.failures);
  if (again !== null) {
    looked = again;
    done.failures = done.failures.filter(({ code }) => code !== REFUSED);
    const stillFailed = new Set(done.failures.map((failure) => failure.process));
    await applyAll(
      again.steps.filter((step) => !stillFailed.has(step.process)),
      again,
    );
  }
  const unswept = await sweepConfigs(context.paths).then(() => null, toErrorRecord);
  if (unswept !== null) done.failures.push({ kind: 'sweep-configs', process: AGENT, ...unswept });
  const { spec, observed } = looked;
  const now = steps.length === 0 ? observed : await observeNode(context, spec);
  return { report: report(now, true), spec };
}

const REFUSED = 'CONFIG_REFUSED';

/** Where a certificate is what a new config was refused for, as OpenSSL's settings have changed since. */
async function lookAgain(
  context: PassContext,
  delivery: Delivery,
  { faults }: Look,
  failures: readonly StepFailure[],
): Promise<Look | null> {
  if (!failures.some(({ code }) => code === REFUSED)) return null;
  forgetVerdicts();
  const again = await look(context, delivery);
  return again.faults.length > faults.length ? again : null;
}

/** How the processes are now, without changing anything. */
export async function describeNow(context: PassContext, delivery: Delivery): Promise<Description> {
  const { [AGENT]: _agent, ...processes } = await observeStates(context.paths);
  return describe(context, delivery, processes);
}

type Description = Omit<Report, 'steps' | 'failures' | 'refusedView' | 'complete'>;

interface Look {
  spec: Spec;
  observed: Observed;
  steps: Step[];
  /** What was left out of the spec, and does not hold it up. */
  faults: StepFailure[];
}

/** What should be and what is, without changing anything. */
export async function look(context: PassContext, told: Delivery): Promise<Look> {
  const { catalogue, render, paths, bootId, kato } = context;
  const { delivery, faults } = await withUsableCertificates(told, paths);
  const { view, secrets } = delivery;
  const roles = Object.keys(view.node.roles);
  const programs = await resolvePrograms(catalogue, roles, paths, readVersion);
  const program = kato.program;
  const input = { view, secrets, catalogue, render, paths, bootId, programs, kato: program };
  const spec = compileNode(input);
  const observed = await observeNode(context, spec);
  return { spec, observed, steps: planNode(spec, observed), faults };
}

function readVersion(path: string): Promise<string | null> {
  return readForeign(path, VERSION_BYTES_MAX).catch(() => null);
}

async function observeNode(context: PassContext, spec: Spec): Promise<Observed> {
  const observed = await observe(context.paths, spec.processes);
  const { [AGENT]: _agent, ...processes } = observed.processes;
  return { ...observed, processes };
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

/** A failed step ends its group. Whether none did. */
export async function applyGroup(
  group: readonly Step[],
  apply: (step: Step) => Promise<boolean>,
): Promise<boolean> {
  for (const step of group) {
    if (!(await apply(step))) return false;
  }
  return true;
}

/** The failure, if it is one. What was done is one more of the results. */
export async function applied(
  step: Step,
  paths: Paths,
  results: StepResult[],
): Promise<StepFailure | null> {
  const { kind, process } = step;
  const startedMs = performance.now();
  let failure: StepFailure | null = null;
  try {
    await applyStep(step, { paths, self: AGENT });
  } catch (error) {
    failure = { kind, process, ...toErrorRecord(error) };
  }
  const ms = Math.round(performance.now() - startedMs);
  results.push({ kind, process, ms, failed: failure !== null });
  return failure;
}

function describe(
  context: PassContext,
  { view, hash, made }: Delivery,
  now: Readonly<Record<string, ProcessNow>>,
): Description {
  const { catalogue, bootId, kato } = context;
  const roles = rolesOf(catalogue, view.node).map((role) => {
    return [role.name, role.processes.map(({ name }) => name)] as const;
  });
  // What this kato does not know may be of a role that it does not know either.
  const isOther = unknownRoles(catalogue, view.node).length > 0;
  const known = new Set(allProcessNames(catalogue));
  const wanted = new Set(roles.flatMap(([, names]) => names));
  const processes = Object.entries(now).map(([name, { state, pid, since }]) => {
    const held = view.node.held[name] === bootId;
    const unwanted = !wanted.has(name) && (known.has(name) || !isOther);
    const rogue = unwanted && state !== 'STOPPED';
    return [name, { state: rogue ? 'ROGUE' : state, pid, since, held }] as const;
  });
  return {
    node: view.node.id,
    version: view.version,
    ...(made === undefined ? {} : { content: hash }),
    kato: kato.version,
    catalogue: [...catalogue.roles.keys()],
    bootId,
    at: nodeTime(),
    processes: Object.fromEntries(processes),
    roles: Object.fromEntries(roles),
  };
}
