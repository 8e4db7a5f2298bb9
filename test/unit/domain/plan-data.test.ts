import assert from 'node:assert/strict';
import type { Observed, ObservedProcess } from '../../../src/domain/making/spec.ts';
import { NOW } from '../../support/clusters.ts';
import { EMPTY, type Planning, planningOf } from '../../support/planning.ts';
import { testNode, testView } from '../../support/views.ts';

describe('a plan', () => {
  let planning: Planning;
  before(async () => {
    planning = await planningOf();
  });

  describe('with data', () => {
    const view = testView(['postgresql', 'redis']);
    let running: Observed;
    before(() => {
      running = planning.settled(EMPTY, view);
    });

    /** What is planned for one process when something of it is otherwise. */
    const planned = (name: string, changes: Partial<ObservedProcess>, of = view): string[] => {
      const changed = { ...running.processes[name]!, ...changes };
      const processes = { ...running.processes, [name]: changed };
      return planning
        .kinds(of, { ...running, processes })
        .filter((step) => step.endsWith(name))
        .map((step) => step.split(' ')[0]!);
    };

    for (const name of ['postgresql', 'redis']) {
      for (const data of ['missing', 'other', 'unusable'] as const) {
        it(`that is ${data} does nothing for ${name} but look for it`, () => {
          const asleep = { data, wantedUp: false, state: 'STOPPED', configHash: null } as const;
          assert.deepEqual(planned(name, { ...asleep, serviceHash: null }), ['find-data']);
        });
      }

      it(`that is missing leaves ${name} as it is: it waits, or has it open`, () => {
        const changes = { data: 'missing', configHash: 'old', serviceHash: 'old' } as const;
        assert.deepEqual(planned(name, changes), ['find-data']);
      });

      it(`that is not its own stops ${name}`, () => {
        assert.deepEqual(planned(name, { data: 'other' }), ['stop', 'find-data']);
      });

      it(`that is missing is no fault while nobody wants ${name}`, () => {
        const { roles } = testNode(['postgresql', 'redis']);
        roles[name] = { stopped: { by: 'n1', at: NOW } };
        const node = testNode([], { roles });
        const stopped = testView([], { node });
        const asleep = { wantedUp: false, state: 'STOPPED' } as const;
        assert.deepEqual(planned(name, { data: 'missing', ...asleep }, stopped), []);
        assert.deepEqual(planned(name, { data: 'missing' }, stopped), ['stop']);
      });

      it(`of an earlier kato is adopted, and ${name} goes on`, () => {
        assert.deepEqual(planned(name, { data: 'unmarked' }), ['adopt-data']);
      });

      it(`that is there is not made a second time for ${name}`, () => {
        assert.deepEqual(planned(name, { wantedUp: false, state: 'STOPPED' }), ['start']);
      });
    }

    it('of which a first run broke off is initialized', () => {
      const changes = { data: 'begun', wantedUp: false, state: 'STOPPED' } as const;
      const secretsHash = null;
      assert.deepEqual(planned('postgresql', { ...changes, secretsHash }), [
        'initialize',
        'set-secrets',
        'start',
      ]);
    });

    it('that a person brought learns the secrets before the process that waited for it starts', () => {
      const changes = { data: 'unmarked', secretsHash: null, state: 'STARTING' } as const;
      assert.deepEqual(planned('postgresql', changes), [
        'adopt-data',
        'stop',
        'set-secrets',
        'start',
      ]);
    });
  });
});
