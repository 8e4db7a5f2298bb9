import { KatoError } from '../../domain/base/error.ts';
import { isObject } from '../../domain/base/json.ts';
import { planNode } from '../../domain/making/plan.ts';
import type { Spec } from '../../domain/making/spec.ts';
import type { Step, StepOf } from '../../domain/making/step.ts';
import { applyStep } from '../../machine/apply/apply.ts';
import { sweepConfigs } from '../../machine/apply/config.ts';
import type { ApplyContext } from '../../machine/apply/context.ts';
import { AGENT } from '../../machine/disk/places.ts';
import { observe } from '../../machine/observe.ts';
import type { PassContext } from '../look.ts';
import { forgetVerdicts } from '../usable-certificates.ts';
import type { UnitKind } from './lane.ts';

/** What of a node's spec is about one process; nothing where it has to go. */
export interface ProcessWish {
  name: string;
  spec: Spec;
}

export function wishOf(spec: Spec, name: string): ProcessWish {
  const isAbout = ({ process }: { process: string }): boolean => process === name;
  return {
    name,
    spec: {
      ...spec,
      processes: spec.processes.filter((process) => process.name === name),
      broken: spec.broken.filter(isAbout),
      purge: spec.purge.filter(isAbout),
    },
  };
}

/** Whether it is not to run, and so gives up the ports that it has. */
export function leaves({ spec }: ProcessWish): boolean {
  return spec.broken.length === 0 && spec.processes.every(({ up }) => !up);
}

export function portsOf({ spec }: ProcessWish): number[] {
  return spec.processes.flatMap(({ listens }) => listens.map(({ port }) => port));
}

/** What a process has to do with the others of its node. */
export interface Gates {
  /** What it is about to do. */
  onPlan(name: string, steps: readonly Step[]): void;
  /** Ends when those are ready that it is to start after, or their time is over. */
  startAfter(step: StepOf<'start'>, interrupted: AbortSignal): Promise<void>;
  /** Ends when nobody has the ports any more that are to be taken. */
  freePorts(name: string, interrupted: AbortSignal): Promise<void>;
  /** Ends when nobody sends requests to it any more, or its time is over: then it says who may still. */
  leave(step: StepOf<'leave'>, interrupted: AbortSignal): Promise<string | undefined>;
  /** What should be is worked out anew: it may be something else then. */
  lookAgain(): Promise<void>;
}

/** Processes under s6. */
export function processUnits(
  { paths }: Pick<PassContext, 'paths'>,
  gates: Gates,
): UnitKind<ProcessWish, Step> {
  return {
    // What failed in another history is no failure of this one.
    keyOf: ({ spec: { version, ...spec } }) =>
      JSON.stringify([version.epoch, version.lineage, spec], hashesOnly),
    plan: async ({ name, spec }) => {
      const steps = planNode(spec, await observe(paths, spec.processes, [name]));
      gates.onPlan(name, steps);
      return steps;
    },
    apply: async (step, interrupted) => {
      if (step.kind === 'leave') return gates.leave(step, interrupted);
      if (step.kind === 'start') await gates.startAfter(step, interrupted);
      if (step.kind === 'start' || step.kind === 'restart') {
        await gates.freePorts(step.process, interrupted);
      }
      const context: ApplyContext = { paths, self: AGENT, interrupted };
      try {
        await applyStep(step, context);
      } catch (error) {
        // OpenSSL's settings may have changed: a certificate that it does not take any more is left out then.
        if (error instanceof KatoError && error.code === 'CONFIG_REFUSED') {
          forgetVerdicts();
          await gates.lookAgain();
        }
        throw error;
      }
      if (isLook(step)) await gates.lookAgain();
      return undefined;
    },
    tidy: ({ name }) => sweepConfigs(name, paths),
    isLook,
    isEnd: ({ kind }) => kind === 'switch-config' || kind === 'reload' || kind === 'purge-data',
  };
}

/** Programs come with packages, and which version of one it is may stand in the data. */
function isLook({ kind }: Step): boolean {
  return kind === 'install-packages' || kind === 'find-data';
}

/** Whether the process is down afterwards. */
export function isStop({ kind }: Step): boolean {
  return kind === 'stop' || kind === 'remove';
}

/** A config may be megabytes long. */
function hashesOnly(name: string, value: unknown): unknown {
  const isHashed = (name === 'config' || name === 'service') && isObject(value);
  return isHashed && 'hash' in value ? value.hash : value;
}
