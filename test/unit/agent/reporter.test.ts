import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Lanes } from '../../../src/agent/lanes/lanes.ts';
import type { PassContext } from '../../../src/agent/look.ts';
import { startReporter } from '../../../src/agent/reporter.ts';
import { startTold } from '../../../src/agent/told.ts';
import { createWaits, type Waits } from '../../../src/agent/waits.ts';
import { type KatoError, refuse } from '../../../src/domain/base/error.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import type { NodeIdentity } from '../../../src/machine/node/ledger.ts';
import { catalogue } from '../../support/clusters.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import { testView } from '../../support/views.ts';

describe('the report of a pass', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp('/tmp/kato-reporter-');
  });
  after(() => rm(root, { recursive: true }));

  let done: Lanes['done'];
  let waits: Waits;
  let isBegun: boolean;
  let underWay: number | null;
  beforeEach(() => {
    done = { steps: [], failures: [], complete: true };
    waits = createWaits();
    isBegun = true;
    underWay = null;
  });

  const reporterTo = (report: (sent: Report) => Promise<void>) => {
    const paths = pathsOf(root);
    const kato = { program: 'kato', version: '0.2.0' };
    const delivery = { hash: 'h1', view: testView([]), secrets: {} };
    return startReporter({
      context: { paths, catalogue, kato, bootId: 'b' } as unknown as PassContext,
      identity: { name: 'n1' } as NodeIdentity,
      told: startTold({ delivery, seen: null }, async () => undefined),
      lanes: {
        get delivery() {
          return isBegun ? delivery : null;
        },
        get done() {
          return done;
        },
        listens: new Map(),
      },
      link: { report },
      exports: {
        said: {},
        get underWay() {
          return underWay;
        },
      },
      backends: { unreachable: [] },
      waits,
      log: () => undefined,
    });
  };

  it('comes after those of its way there, of which the late ones are left out', async () => {
    const taken: boolean[] = [];
    const release = Promise.withResolvers<void>();
    const reporter = reporterTo(async ({ complete }) => {
      taken.push(complete);
      if (taken.length === 1) await release.promise;
    });
    done = { ...done, complete: false };
    const all = [reporter.tell(), reporter.tell()];
    await until(() => taken.length === 1, { what: 'the first is on its way', seconds: 5 });
    done = { ...done, complete: true };
    all.push(reporter.tell());
    release.resolve();
    await Promise.all(all);
    assert.deepEqual(taken, [false, true]);
    reporter.end();
  });

  it('does not say that all is done while an export is fetched that is to be kept', async () => {
    const reporter = reporterTo(async () => undefined);
    done = { steps: [], failures: [], complete: true, busy: {} };
    underWay = 7;
    const { complete, busy } = await reporter.now();
    assert.deepEqual([complete, busy], [false, { agent: 7 }]);
    underWay = null;
    assert.equal((await reporter.now()).complete, true);
    reporter.end();
  });

  it('tells of what was done before it looks at the processes, which are none of before then', async () => {
    const reporter = reporterTo(async () => undefined);
    done = { steps: [], failures: [], complete: false };
    const looking = reporter.now();
    done = { steps: [], failures: [], complete: true };
    assert.equal((await looking).complete, false);
    reporter.end();
  });

  it('is asked for before there was one: it is there a moment later, as is said then', async () => {
    isBegun = false;
    const reporter = reporterTo(async () => undefined);
    const early = (await reporter.now().catch((error: unknown) => error)) as KatoError;
    const { values } = hint(
      early.next,
      'agent/reporter.ts: run it again in a moment; if that does not help, see ${paths.log}/agent/current on it',
    );
    assert.deepEqual(values, [pathsOf(root).log]);
    isBegun = true;
    assert.equal((await reporter.now()).node, testView([]).node.id);
    reporter.end();
  });

  it('says why nothing is done of what the node was told, with what was done before', async () => {
    const taken: Report[] = [];
    const reporter = reporterTo(async (sent) => {
      taken.push(sent);
    });
    const step = { kind: 'start', process: 'redis', ms: 1, failed: true } as const;
    const failure = { kind: 'start', process: 'redis', code: 'FAILED', message: 'no' } as const;
    done = { steps: [step], failures: [failure], complete: false };
    waits.note('make-pass', refuse('TIMEOUT', 'it took too long'));
    await reporter.tell();
    const { steps, failures, complete } = taken.at(-1)!;
    assert.deepEqual([steps, failures[0], complete], [[step], failure, false]);
    assert.equal(failures[1]?.kind, 'make-pass');
    isBegun = false;
    done = { steps: [], failures: [], complete: true };
    await reporter.tell();
    assert.equal(taken.at(-1)!.failures[0]?.kind, 'make-pass', 'also where nothing was begun');
    reporter.end();
  });

  it('is sent again soon where nobody took it: a command waits for it', async () => {
    const taken: Report[] = [];
    let tries = 0;
    const reporter = reporterTo(async (sent) => {
      if (++tries === 1) throw refuse('CONTROLLER_AWAY', 'no controller is on the bus');
      taken.push(sent);
    });
    await reporter.tell();
    assert.equal(taken.length, 0);
    await until(() => taken.length === 1, { what: 'it is taken', seconds: 10 });
    assert.equal(taken[0]!.complete, true);
    reporter.end();
  });
});
