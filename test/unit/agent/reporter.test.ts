import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { PassContext } from '../../../src/agent/pass.ts';
import { startReporter } from '../../../src/agent/reporter.ts';
import { startTold } from '../../../src/agent/told.ts';
import { createWaits } from '../../../src/agent/waits.ts';
import { refuse } from '../../../src/domain/base/error.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import type { NodeIdentity } from '../../../src/machine/node/ledger.ts';
import { catalogue } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { until } from '../../support/until.ts';
import { testView } from '../../support/views.ts';

describe('the report of a pass', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp('/tmp/kato-reporter-');
  });
  after(() => rm(root, { recursive: true }));

  it('is sent again soon where nobody took it: a command waits for it', async () => {
    const paths = pathsOf(root);
    const taken: Report[] = [];
    let tries = 0;
    const report = async (sent: Report): Promise<void> => {
      if (++tries === 1) throw refuse('CONTROLLER_AWAY', 'no controller is on the bus');
      taken.push(sent);
    };
    const kato = { program: 'kato', version: '0.2.0' };
    const delivery = { hash: 'h1', view: testView([]), secrets: {} };
    const reporter = startReporter({
      context: { paths, catalogue, kato, bootId: 'b' } as unknown as PassContext,
      identity: { name: 'n1' } as NodeIdentity,
      told: startTold({ delivery, seen: null }, async () => undefined),
      link: { report },
      exports: { said: {} },
      waits: createWaits(),
      log: () => undefined,
    });
    await reporter.tell({ ...reportOf('n1', {}), complete: true });
    assert.equal(taken.length, 0);
    await until(() => taken.length === 1, { what: 'it is taken', seconds: 10 });
    assert.equal(taken[0]!.complete, true);
    reporter.end();
  });
});
