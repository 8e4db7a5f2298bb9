import { setTimeout as pause } from 'node:timers/promises';
import type { Json } from '../domain/cluster.ts';
import { isAway, KatoError, refuse } from '../domain/error.ts';
import type { StepResult } from '../domain/step.ts';
import type { Progress } from '../operations/status.ts';

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
  /** Asks the cluster: the operation `progress`. */
  poll(params: Json, timeoutMs: number): Promise<Progress[]>;
  onStep(node: string, step: StepResult): void;
}

/**
 * Waits until all nodes have applied the revision. Throws the first failure of a step, TIMEOUT,
 * or NODE_UNREACHABLE for nodes that are gone: those are not waited for.
 */
export async function follow(options: Follow): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  const shown = new Map<string, number>();
  const done = new Map<string, Progress>();
  const names = new Map(options.names);
  let waiting = [...options.nodes];
  const gone: Progress[] = [];
  while (waiting.length > 0) {
    const late = (why: string) =>
      tooLong(
        options,
        waiting.map((id) => names.get(id) ?? id),
        why,
      );
    const all = await pollOnce(options, waiting, sum(shown, waiting), deadline, late);
    for (const { id, node } of all) names.set(id, node);
    for (const node of all) showSteps(node, shown, options.onStep);
    for (const node of all) if (node.done) done.set(node.id, node);
    gone.push(...all.filter((node) => !node.done && isGone(node)));
    waiting = all.filter((node) => !node.done && !isGone(node)).map((node) => node.id);
  }
  const failure = [...done.values()].flatMap((node) => node.failures)[0];
  if (failure !== undefined) throw new KatoError(failure);
  if (gone.length > 0) throw unreachable(gone);
}

/** Asks until somebody answers: a change may restart the bus or the controllers. */
async function pollOnce(
  options: Follow,
  nodes: string[],
  seen: number,
  deadline: number,
  late: (why: string) => KatoError,
): Promise<Progress[]> {
  let why = 'the work goes on there';
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw late(why);
    const waitMs = Math.min(POLL_MS, leftMs);
    try {
      const params = { nodes, revision: options.revision, seen, waitMs };
      return await options.poll(params, waitMs + ANSWER_MS);
    } catch (error) {
      if (!isAway(error)) throw error;
      why = error.message;
      await pause(AWAY_PAUSE_MS);
    }
  }
}

/** A shorter list than before is the next pass of the agent: it is shown from its beginning. */
function showSteps(node: Progress, shown: Map<string, number>, onStep: Follow['onStep']): void {
  const before = shown.get(node.id) ?? 0;
  const fresh = node.steps.length < before ? node.steps : node.steps.slice(before);
  for (const step of fresh) onStep(node.node, step);
  shown.set(node.id, node.steps.length);
}

function isGone(node: Progress): boolean {
  return node.state === 'dead' || node.state === 'left';
}

function sum(shown: ReadonlyMap<string, number>, nodes: readonly string[]): number {
  return nodes.reduce((total, id) => total + (shown.get(id) ?? 0), 0);
}

function tooLong({ timeoutMs }: Follow, names: readonly string[], why: string): KatoError {
  const seconds = Math.round(timeoutMs / 1000);
  return refuse(
    'TIMEOUT',
    `the change is written, but ${names.join(', ')} did not finish it within ${seconds} s`,
    why,
    'kato status shows how far it is',
  );
}

function unreachable(gone: readonly Progress[]): KatoError {
  const names = gone.map((node) => `${node.node} is ${node.state}`).join(', ');
  return refuse(
    'NODE_UNREACHABLE',
    `the change is written, but ${names}`,
    'it will follow when it is back',
    'kato node remove takes a node out that does not come back',
  );
}
