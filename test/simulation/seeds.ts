import { availableParallelism } from 'node:os';
import { inspect } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { runSeed } from './run.ts';

/** So few that all processors are done at about the same time. */
const SEEDS_AT_ONCE = 100;

if (!isMainThread) await work(workerData as readonly number[]);

/**
 * Runs these seeds on all processors. Resolves with the story of the first that breaks a rule, or with
 * null. `tell` is told how many are done.
 */
export async function runSeeds(
  seeds: readonly number[],
  tell: (done: number) => void = () => undefined,
): Promise<string | null> {
  const parts = Array.from({ length: Math.ceil(seeds.length / SEEDS_AT_ONCE) }, (_, i) =>
    seeds.slice(i * SEEDS_AT_ONCE, (i + 1) * SEEDS_AT_ONCE),
  );
  let broken: string | null = null;
  let done = 0;
  const next = async (): Promise<void> => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      broken ??= await runPart(part);
      if (broken !== null) return;
      done += part.length;
      tell(done);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
  return broken;
}

function runPart(seeds: readonly number[]): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: seeds });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function work(seeds: readonly number[]): Promise<void> {
  let broken: string | null = null;
  for (const seed of seeds) broken ??= await runSeed(seed).then(() => null, told);
  parentPort!.postMessage(broken);
}

function told(error: Error): string {
  return `${error.message}\n${inspect(error.cause)}`;
}
