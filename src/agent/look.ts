import { resolvePrograms } from '../catalog/programs.ts';
import type { Renderer } from '../catalog/renderer.ts';
import { compileNode } from '../domain/making/compile-node.ts';
import type { Paths } from '../domain/making/paths.ts';
import type { ProcessState, Spec } from '../domain/making/spec.ts';
import type { Report, StepFailure } from '../domain/making/step.ts';
import type { Catalogue } from '../domain/roles/role.ts';
import { allProcessNames, rolesOf, unknownRoles } from '../domain/roles/roles.ts';
import { readForeign } from '../machine/disk/files.ts';
import { AGENT } from '../machine/disk/places.ts';
import type { Delivery } from '../machine/node/ledger.ts';
import { observeStates, type ProcessNow } from '../machine/observe.ts';
import { serviceNames } from '../machine/s6/service.ts';
import { nodeTime } from './node-time.ts';
import { withUsableCertificates } from './usable-certificates.ts';

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

/** How the processes are now, without changing anything. */
export async function describeNow(context: PassContext, delivery: Delivery): Promise<Description> {
  const { [AGENT]: _agent, ...processes } = await observeStates(context.paths);
  return describe(context, delivery, processes);
}

export type Description = Omit<Report, 'steps' | 'failures' | 'refusedView' | 'complete'>;

export interface Look {
  spec: Spec;
  /** Names of all processes that have a service folder, of the node's roles or not. */
  there: string[];
  /** What was left out of the spec, and does not hold it up. */
  faults: StepFailure[];
}

/** What should be, and for whom: nothing is changed. */
export async function look(context: PassContext, told: Delivery): Promise<Look> {
  const { catalogue, render, paths, bootId, kato } = context;
  const { delivery, faults } = await withUsableCertificates(told, paths);
  const { view, secrets } = delivery;
  const roles = Object.keys(view.node.roles);
  const programs = await resolvePrograms(catalogue, roles, paths, readVersion);
  const program = kato.program;
  const input = { view, secrets, catalogue, render, paths, bootId, programs, kato: program };
  const spec = compileNode(input);
  const there = (await serviceNames(paths)).filter((name) => name !== AGENT);
  return { spec, there, faults };
}

function readVersion(path: string): Promise<string | null> {
  return readForeign(path, VERSION_BYTES_MAX).catch(() => null);
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
  const processes = Object.entries(now).map(([name, { state, pid, since, wantedUp }]) => {
    const held = view.node.held[name] === bootId;
    const unwanted = !wanted.has(name) && (known.has(name) || !isOther);
    return [name, { state: shown(state, wantedUp, unwanted), pid, since, held }] as const;
  });
  return {
    node: view.node.id,
    version: view.version,
    ...(made === undefined ? {} : { content: hash, verdicts: made.verdicts }),
    kato: kato.version,
    catalogue: [...catalogue.roles.keys()],
    bootId,
    at: nodeTime(),
    processes: Object.fromEntries(processes),
    roles: Object.fromEntries(roles),
  };
}

/** One that is about to end serves nobody any more, and is nobody's fault. */
function shown(state: ProcessState, wantedUp: boolean, isUnwanted: boolean): ProcessState {
  if (!wantedUp) return state === 'RUNNING' ? 'STARTING' : state;
  return isUnwanted && state !== 'STOPPED' ? 'ROGUE' : state;
}
