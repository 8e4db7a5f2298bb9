import { spawnSync } from 'node:child_process';
import type { TimesRequest } from './samples.ts';

/** `times.ts JSON`: runs commands in turns and prints how many ms each took, sorted. */
const WARM_UP_RUNS = 1;

const { runs, commands } = JSON.parse(process.argv[2] ?? '') as TimesRequest;
const times: number[][] = commands.map(() => []);
for (let run = -(runs > 1 ? WARM_UP_RUNS : 0); run < runs; run++) {
  for (const [i, { argv, exitCode = 0 }] of commands.entries()) {
    const began = performance.now();
    const { status, stderr, error } = spawnSync(argv[0]!, argv.slice(1), { stdio: 'pipe' });
    const ms = performance.now() - began;
    if (status !== exitCode) throw new Error(`${argv.join(' ')}: ${status} ${error ?? stderr}`);
    if (run >= 0) times[i]!.push(ms);
  }
}
console.log(JSON.stringify(times.map((one) => one.sort((a, b) => a - b))));
