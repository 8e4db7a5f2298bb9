import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { Lab } from './lab/lab.ts';
import { COUNTS_FILE, type Counts } from './reporter.ts';

/** After so many minutes a level is ended, so that one that hangs is a failure and not a wait. */
const LEVEL_LIMIT_MINUTES: Record<string, number> = {
  unit: 6,
  integration: 16,
  cluster: 30,
  simulation: 15,
  files: 12,
};
/** How many of a level's files run side by side: tests of the cluster wait for most of their time. */
const CPUS = availableParallelism();
const FILES_AT_ONCE: Record<string, number> = { integration: CPUS, cluster: CPUS + 1 };
const CHECK_LIMIT_MINUTES = 3;
const CHECKS = [['tsc'], ['biome', 'check', '--error-on-warnings', '.']];

type Sum = Omit<Counts, 'ended'>;

const words = process.argv.slice(2);
const levels = Object.keys(LEVEL_LIMIT_MINUTES).filter((level) => level !== 'files');
const files = words.filter((word) => word !== 'checks' && !levels.includes(word));
const scratch = mkdtempSync(`${tmpdir()}/kato-test-`);
const sums: Sum[] = [];

if (words.length === 0 || words.includes('checks')) {
  for (const check of CHECKS) sums.push(await runCheck(check));
}
for (const level of levels) {
  if (words.length > 0 && !words.includes(level)) continue;
  sums.push(await runLevel(level, largestFirst(globSync(`test/${level}/**/*.test.ts`))));
}
if (files.length > 0) sums.push(await runLevel('files', files));
await Lab.sweep();
rmSync(scratch, { recursive: true });
process.exitCode = tell(sums);

async function runCheck([tool = '', ...args]: string[]): Promise<Sum> {
  const title = [tool, ...args].join(' ');
  console.log(`\n== ${title}`);
  const ended = await runTool(tool, args, {}, CHECK_LIMIT_MINUTES);
  return { passed: ended === 0 ? 1 : 0, skipped: 0, failed: ended === 0 ? [] : [title] };
}

async function runLevel(level: string, tests: string[]): Promise<Sum> {
  if (tests.length === 0) return { passed: 0, skipped: 0, failed: [] };
  console.log(`\n== ${level}`);
  const file = `${scratch}/${level}.json`;
  const minutes = LEVEL_LIMIT_MINUTES[level]!;
  const atOnce = Math.min(FILES_AT_ONCE[level] ?? 1, tests.length);
  const beside = atOnce > 1 ? ['--parallel', '--jobs', `${atOnce}`] : [];
  const args = ['--reporter', 'test/support/reporter.ts', ...beside, ...tests];
  const ended = await runTool('mocha', args, { [COUNTS_FILE]: file }, minutes);
  const { passed, skipped, failed, ...rest } = readCounts(file);
  if (ended === 'late') failed.push(`${level}: not done after ${minutes} minutes`);
  else if (!rest.ended) failed.push(`${level}: mocha ended before the tests did`);
  else if (ended !== 0 && failed.length === 0) failed.push(`${level}: mocha says ${ended}`);
  return { passed, skipped, failed };
}

/** So that the last of them to run is no long one, beside which nothing is left to do. */
function largestFirst(tests: string[]): string[] {
  const sizes = new Map(tests.map((file) => [file, statSync(file).size]));
  return tests.sort((a, b) => sizes.get(b)! - sizes.get(a)! || (a < b ? -1 : 1));
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, skipped: 0, failed: [], ended: false };
  }
}

/** In a process group of its own, so that nothing of it is left when its time is over. */
function runTool(
  name: string,
  args: string[],
  env: Record<string, string>,
  minutes: number,
): Promise<number | string> {
  const tool = spawn(`node_modules/.bin/${name}`, args, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  const kill = () => process.kill(-tool.pid!, 'SIGKILL');
  const leave = () => {
    const end = () => void Lab.sweep().finally(() => process.exit(130));
    tool.removeAllListeners('exit').once('exit', end);
    kill();
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      kill();
      resolve('late');
    }, minutes * 60_000);
    process.once('SIGINT', leave).once('SIGTERM', leave);
    tool.once('error', reject);
    tool.once('exit', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGINT', leave).off('SIGTERM', leave);
      resolve(code ?? signal!);
    });
  });
}

function tell(all: Sum[]): number {
  const failed = all.flatMap((sum) => sum.failed);
  const add = (pick: (sum: Sum) => number) => all.reduce((total, sum) => total + pick(sum), 0);
  const [passed, skipped] = [add((sum) => sum.passed), add((sum) => sum.skipped)];
  console.log('');
  for (const title of failed) console.log(`failed: ${title}`);
  const more = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`${passed} passed, ${failed.length} failed${more}`);
  return failed.length === 0 && passed > 0 ? 0 : 1;
}
