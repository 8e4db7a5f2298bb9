import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transcript } from '../lab/command.ts';
import type { Host } from '../lab/host.ts';
import { CHECKOUT } from '../lab/store.ts';

/** Times in ms of the same thing, sorted. */
export type Samples = readonly number[];

export function median(samples: Samples): number {
  return samples[Math.floor(samples.length / 2)] ?? Number.NaN;
}

/** `12 runs, 37 to 41 ms`: without the quarter at each end. */
export function spread(samples: Samples, unit = ' ms', digits = 0): string {
  if (samples.length === 1) return 'one run';
  const at = (share: number): string =>
    samples[Math.floor((samples.length - 1) * share)]!.toFixed(digits);
  return `${samples.length} runs, ${at(0.25)} to ${at(0.75)}${unit}`;
}

export function sorted(samples: Samples): Samples {
  return samples.toSorted((a, b) => a - b);
}

export interface Timed {
  argv: string[];
  /** Exit code that it must end with: 0 when not given. */
  exitCode?: number;
}

export interface TimesRequest {
  runs: number;
  commands: Timed[];
}

/** Runs the commands in turns, so that what else the machine does hurts all of them alike. */
export async function timeHere(request: TimesRequest, env: NodeJS.ProcessEnv): Promise<Samples[]> {
  const program = join(import.meta.dirname, 'times.ts');
  const argv = [program, JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
  return JSON.parse(stdout) as Samples[];
}

/** The same on a host, without the way there. */
export async function timeOn(host: Host, request: TimesRequest): Promise<Samples[]> {
  const program = `${CHECKOUT}/test/support/bench/times.ts`;
  const node = `${CHECKOUT}/runtime/bin/node`;
  const argv = [node, program, JSON.stringify(request)];
  const result = await host.run(argv, { timeoutMs: 300_000 });
  if (result.exitCode !== 0) throw new Error(`times.ts on ${host.name}: ${transcript(result)}`);
  return JSON.parse(result.stdout) as Samples[];
}
