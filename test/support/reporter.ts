import { writeFileSync } from 'node:fs';
import Mocha, { type MochaOptions, type Runner } from 'mocha';

/** What a level's process leaves for the one that adds up. */
export interface Counts {
  passed: number;
  skipped: number;
  /** Titles of the tests that failed, each with the beginning of why. */
  failed: string[];
  /** False while tests run, and for ever if they never came to an end. */
  ended: boolean;
}

/** Characters. */
const WHY_MAX = 1500;

export const COUNTS_FILE = 'KATO_TEST_COUNTS';

/** Mocha's own "spec", which also writes down after each test how many it has been. */
class Counting extends Mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const file = process.env[COUNTS_FILE];
    if (file === undefined) return;
    const counts: Counts = { passed: 0, skipped: 0, failed: [], ended: false };
    const on = (event: string, count: (test: Mocha.Test, error?: Error) => void) =>
      runner.on(event, (test: Mocha.Test, error?: Error) => {
        count(test, error);
        writeFileSync(file, JSON.stringify(counts));
      });
    on('pass', () => {
      counts.passed++;
    });
    on('pending', () => {
      counts.skipped++;
    });
    on('fail', (test, error) => {
      const why = String(error?.stack ?? error).slice(0, WHY_MAX);
      counts.failed.push(`${test.fullTitle()}\n${why.replaceAll(/^/gm, '    ')}`);
    });
    on('end', () => {
      counts.ended = true;
    });
  }
}

// Mocha takes a reporter by require().
export { Counting as 'module.exports' };
