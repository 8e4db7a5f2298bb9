import { type Host, NotInThisLab } from './host.ts';
import { Lab, type LabOptions } from './lab.ts';

interface SuiteLab extends LabOptions {
  /** The suite is for hosts that share one machine, too. The others are not run where hosts must. */
  anyKind?: boolean;
}

/** The lab of a suite: up before its first test, down after its last, kept for a look when one has failed. */
export function useLab(options: SuiteLab): Pick<Lab, 'host' | 'hosts' | 'kind' | 'folder'> {
  let lab: Lab | undefined;
  let failed = false;
  const made = (): Lab => {
    if (lab === undefined) throw new Error('the lab is up only while the tests run');
    return lab;
  };

  before('lab up', async function (this: Mocha.Context) {
    lab = await Lab.up(options).catch((error: Error) => {
      if (!(error instanceof NotInThisLab)) throw error;
      console.log(`    not run: ${error.message}`);
      this.skip();
    });
    if (lab.kind !== 'plain' || options.kind === 'plain' || options.anyKind === true) return;
    await lab.down();
    lab = undefined;
    this.skip();
  });
  afterEach(function (this: Mocha.Context) {
    failed ||= this.currentTest?.state === 'failed';
  });
  after('lab down', async () => {
    if (lab === undefined) return;
    if (!failed) return lab.down();
    await lab.keep();
    console.log(`    kept for a look: ${lab.folder}/disks  (scripts/lab --lab ${lab.number} down)`);
  });
  return {
    host: (number: number): Host => made().host(number),
    get hosts() {
      return made().hosts;
    },
    get kind() {
      return made().kind;
    },
    get folder() {
      return made().folder;
    },
  };
}

/** For suites that need machines of their own: in a plain lab their tests count as not run. */
export function needsMachines(lab: Pick<Lab, 'kind'>): void {
  before('machines of their own', function () {
    if (lab.kind === 'plain') this.skip();
  });
}

/** Runs a test's part that not every lab can do; where it cannot, the test counts as not run. */
export async function orSkip(test: Mocha.Context, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    if (error instanceof NotInThisLab) test.skip();
    throw error;
  }
}
