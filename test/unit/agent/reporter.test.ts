import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { PassContext } from '../../../src/agent/pass.ts';
import { startReporter } from '../../../src/agent/reporter.ts';
import { startTold } from '../../../src/agent/told.ts';
import { createWaits } from '../../../src/agent/waits.ts';
import { type KatoError, refuse } from '../../../src/domain/base/error.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import type { NodeIdentity } from '../../../src/machine/node/ledger.ts';
import { catalogue } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';
import { testView } from '../../support/views.ts';

describe('the report of a pass', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp('/tmp/kato-reporter-');
  });
  after(() => rm(root, { recursive: true }));

  const reporterTo = (report: (sent: Report) => Promise<void>) => {
    const paths = pathsOf(root);
    const kato = { program: 'kato', version: '0.2.0' };
    const delivery = { hash: 'h1', view: testView([]), secrets: {} };
    return startReporter({
      context: { paths, catalogue, kato, bootId: 'b' } as unknown as PassContext,
      identity: { name: 'n1' } as NodeIdentity,
      told: startTold({ delivery, seen: null }, async () => undefined),
      link: { report },
      exports: { said: {} },
      waits: createWaits(),
      log: () => undefined,
    });
  };
  const pass = (complete: boolean): Report => ({ ...reportOf('n1', {}), complete });

  it('comes after those of its way there, of which the late ones are left out', async () => {
    const taken: boolean[] = [];
    const release = Promise.withResolvers<void>();
    const reporter = reporterTo(async ({ complete }) => {
      taken.push(complete);
      if (taken.length === 1) await release.promise;
    });
    const all = [pass(false), pass(false), pass(true)].map(reporter.tell);
    await until(() => taken.length === 1, { what: 'the first is on its way', seconds: 5 });
    release.resolve();
    await Promise.all(all);
    assert.deepEqual(taken, [false, true]);
    reporter.end();
  });

  it('is asked for before there was one: it is there a moment later, as is said then', async () => {
    const reporter = reporterTo(async () => undefined);
    const early = (await reporter.now().catch((error: unknown) => error)) as KatoError;
    const { values } = hint(
      early.next,
      'agent/reporter.ts: run it again in a moment; if that does not help, see ${paths.log}/agent/current on it',
    );
    assert.deepEqual(values, [pathsOf(root).log]);
    await reporter.tell(pass(true));
    assert.equal((await reporter.now()).node, 'n1');
    reporter.end();
  });

  it('says of a pass that broke off what it had done, and why it did: it is over', async () => {
    const taken: Report[] = [];
    const reporter = reporterTo(async (sent) => {
      taken.push(sent);
    });
    const broken = { kind: 'make-pass', process: 'agent', code: 'TIMEOUT', message: 'no' } as const;
    await reporter.tellBroken(broken);
    assert.deepEqual([taken[0]!.failures, taken[0]!.complete], [[broken], true]);
    const step = { kind: 'start', process: 'redis', ms: 1, failed: true } as const;
    const failure = { kind: 'start', process: 'redis', code: 'FAILED', message: 'no' } as const;
    await reporter.tell({ ...pass(false), steps: [step], failures: [failure] });
    await reporter.tellBroken(broken);
    const { steps, failures, complete } = taken.at(-1)!;
    assert.deepEqual([steps, failures, complete], [[step], [failure, broken], true]);
    reporter.end();
  });

  it('is sent again soon where nobody took it: a command waits for it', async () => {
    const taken: Report[] = [];
    let tries = 0;
    const reporter = reporterTo(async (sent) => {
      if (++tries === 1) throw refuse('CONTROLLER_AWAY', 'no controller is on the bus');
      taken.push(sent);
    });
    await reporter.tell(pass(true));
    assert.equal(taken.length, 0);
    await until(() => taken.length === 1, { what: 'it is taken', seconds: 10 });
    assert.equal(taken[0]!.complete, true);
    reporter.end();
  });
});
