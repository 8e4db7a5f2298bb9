import assert from 'node:assert/strict';
import { createWaits, type Waits } from '../../../src/agent/waits.ts';
import { refuse } from '../../../src/domain/base/error.ts';
import { statusWith } from '../../support/statuses.ts';

describe('an agent that waits though the bus is there', () => {
  let waits: Waits;
  beforeEach(() => {
    waits = createWaits();
  });

  const status = statusWith({
    warnings: [{ code: 'NODE_DEAD', message: 'db is dead', node: 'db' }],
  });
  const said = () => waits.warned(status, 'web').warnings.map(({ message }) => message);

  it('reports why it gets no view, and says it itself where no report can', () => {
    waits.note('fetch-view', refuse('USAGE', 'view does not understand its parameters'));
    const [failure] = waits.failures();
    assert.deepEqual([failure?.kind, failure?.process], ['fetch-view', 'agent']);
    const message = 'web: fetch-view agent failed: view does not understand its parameters';
    assert.deepEqual(said(), [message, 'db is dead']);
    const told = { code: 'STEP_FAILED' as const, message, node: 'web' };
    const all = waits.warned({ ...status, warnings: [told] }, 'web').warnings;
    assert.deepEqual(all, [told], 'once');
    waits.note('fetch-view', null);
    assert.deepEqual([waits.failures(), said()], [[], ['db is dead']]);
  });

  it('says itself that its reports are refused: a report that arrives was not', () => {
    waits.note('send-report', refuse('USAGE', 'this is no report'));
    assert.deepEqual(waits.failures(), []);
    assert.deepEqual(said(), ['web: send-report agent failed: this is no report', 'db is dead']);
  });

  it('says itself why a pass broke off, whatever it was', () => {
    for (const error of [
      refuse('TIMEOUT', 'nginx did not end within 30 s'),
      new TypeError('odd'),
    ]) {
      waits.note('make-pass', error);
      assert.equal(said()[0], `web: make-pass agent failed: ${error.message}`);
      assert.equal(waits.failures()[0]?.message, error.message);
    }
    waits.note('make-pass', null);
    assert.deepEqual(said(), ['db is dead']);
  });

  it('leaves it to others to say who is away', () => {
    waits.note('fetch-view', refuse('USAGE', 'x'));
    for (const code of ['BUS_AWAY', 'CONTROLLER_AWAY', 'TIMEOUT'] as const) {
      waits.note('fetch-view', refuse(code, 'nobody answers'));
      assert.deepEqual([waits.failures(), said()], [[], ['db is dead']]);
    }
  });
});
