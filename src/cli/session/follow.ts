import { setTimeout as pause } from 'node:timers/promises';
import { isAway, KatoError, refuse } from '../../domain/base/error.ts';
import type { Json } from '../../domain/document/cluster.ts';
import type { StepFailure, StepResult } from '../../domain/making/step.ts';
import { hasGone } from '../../domain/telling/status.ts';
import type { Progress } from '../../operations/following/progress.ts';
import { stepLine } from '../render/step.ts';
import { ask, self } from './session.ts';

/** One long poll. Short, so that one costs little whose controller dies of it. */
const POLL_MS = 2000;
/** What an answer may take beyond that. */
const ANSWER_MS = 2000;
/** Between two tries while bus or controllers are away. */
const AWAY_PAUSE_MS = 100;

export interface Follow {
  nodes: readonly string[];
  /** Names by id, as far as they are known before anybody answers. */
  names?: ReadonlyMap<string, string>;
  revision: number;
  timeoutMs: number;
  /** The domain whose certificate the change installs; that another one is left out is not its failure. */
  certificate?: string | undefined;
  /** Asks the cluster: the operation `progress`. */
  poll(params: Json, timeoutMs: number): Promise<Progress[]>;
  onStep(node: string, step: StepResult): void;
}

/**
 * Waits until all nodes have applied the revision. Throws why it does not come to all of them, the first
 * failure of a step, TIMEOUT, or NODE_UNREACHABLE for nodes that are gone: those are not waited for.
 */
export async function follow(options: Follow): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  const last = new Map<string, Progress>();
  const isOver = (node: Progress | undefined) =>
    node !== undefined && (node.done || hasGone(node.state) || node.stopped !== undefined);
  for (;;) {
    const waiting = options.nodes.filter((id) => !isOver(last.get(id)));
    if (waiting.length === 0) break;
    for (const node of await pollOnce(options, waiting, last, deadline)) {
      showSteps(node, last.get(node.id)?.steps.length ?? 0, options.onStep);
      const failures = node.failures.filter((failure) => isOfChange(failure, options));
      last.set(node.id, { ...node, failures });
    }
  }
  const all = [...last.values()];
  const stopped = all.find((node) => node.stopped !== undefined)?.stopped;
  if (stopped !== undefined) throw new KatoError(stopped);
  const failed = all.filter((node) => node.done && node.failures.length > 0);
  if (failed.length > 0) throw firstFailure(failed);
  const gone = all.filter((node) => !node.done);
  if (gone.length > 0) throw unreachable(gone);
}

/** The same through the agent of this machine; each step is a line. Of this node where none is named. */
export async function followNodes(
  wanted: Pick<Follow, 'revision' | 'timeoutMs' | 'certificate'> & Partial<Pick<Follow, 'nodes'>>,
  tell: (line: string) => void,
): Promise<void> {
  const { node } = await self();
  await follow({
    nodes: [node.id],
    ...wanted,
    names: new Map([[node.id, node.name]]),
    poll: (params, timeoutMs) => ask<Progress[]>('progress', params, timeoutMs),
    onStep: (name, step) => tell(stepLine(name, step)),
  });
}

/** Asks until somebody answers: a change may restart the bus or the controllers. */
async function pollOnce(
  options: Follow,
  waiting: readonly string[],
  last: ReadonlyMap<string, Progress>,
  deadline: number,
): Promise<Progress[]> {
  const seen = waiting.reduce((sum, id) => sum + (last.get(id)?.steps.length ?? 0), 0);
  let away: string | undefined;
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw tooLong(options, waiting, last, away);
    const waitMs = Math.min(POLL_MS, leftMs);
    try {
      const params = { nodes: [...waiting], revision: options.revision, seen, waitMs };
      return await options.poll(params, waitMs + ANSWER_MS);
    } catch (error) {
      if (!isAway(error)) throw error;
      away = error.message;
      await pause(AWAY_PAUSE_MS);
    }
  }
}

/** A shorter list than before is the next pass of the agent: it is shown from its beginning. */
function showSteps({ node, steps }: Progress, before: number, onStep: Follow['onStep']): void {
  const fresh = steps.length < before ? steps : steps.slice(before);
  for (const step of fresh) onStep(node, step);
}

function isOfChange(failure: StepFailure, { certificate }: Follow): boolean {
  if (failure.kind !== 'use-certificate') return true;
  return certificate !== undefined && failure.certificate === certificate;
}

function tooLong(
  { timeoutMs, names }: Follow,
  waiting: readonly string[],
  last: ReadonlyMap<string, Progress>,
  away: string | undefined,
): KatoError {
  const seconds = Math.round(timeoutMs / 1000);
  const nameOf = (id: string) => last.get(id)?.node ?? names?.get(id) ?? id;
  const states = waiting.map((id) => `${nameOf(id)} ${stateOf(last.get(id))}`);
  return refuse(
    'TIMEOUT',
    `the change is written, but ${waiting.map(nameOf).join(', ')} did not finish it within ${seconds} s`,
    away ?? states.join(', '),
    'kato status shows the state of its roles and what fails',
  );
}

/** No more than is known of a node that has not finished: it may have lost its power since. */
function stateOf(node: Progress | undefined): string {
  if (node?.state === 'inactive') return 'is inactive';
  if (node?.waitsFor !== undefined) {
    return `is done; still to follow: ${node.waitsFor.join(', ')}`;
  }
  return (node?.steps.length ?? 0) > 0 ? 'has begun' : 'has reported no step yet';
}

/** It may be of another machine than the one where it is read. */
function firstFailure(failed: readonly Progress[]): KatoError {
  const failure = failed[0]!.failures[0]!;
  const same = failed.filter(({ failures }) => failures[0]!.message === failure.message);
  const names = same.map(({ node }) => node).join(', ');
  return new KatoError({ ...failure, message: `${names}: ${failure.message}` });
}

function unreachable(gone: readonly Progress[]): KatoError {
  const how = ({ node, state }: Progress) => `${node} ${state === 'left' ? 'has left' : 'is dead'}`;
  const names = gone.map(how).join(', ');
  return refuse(
    'NODE_UNREACHABLE',
    `the change is written, but ${names}`,
    'it will follow when it is back',
    whatHelps(gone),
  );
}

function whatHelps(gone: readonly Progress[]): string {
  const on = gone.map(({ node }) => node).join(', ');
  if (gone.every(({ state }) => state === 'left')) return `kato node boot on ${on} starts it`;
  // Nothing takes out the core. Its bus has carried this answer: its agent alone is away.
  const core = gone.find(({ isCore }) => isCore === true);
  if (core !== undefined) return `kato node boot on ${core.node} starts its agent anew`;
  const seen =
    'kato status shows what is wrong with it and what helps; kato node remove takes out a node that does not come back';
  return seen;
}
