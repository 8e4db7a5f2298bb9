import assert from 'node:assert/strict';
import type {
  Observed,
  ObservedProcess,
  ProcessSpec,
  Spec,
} from '../../../src/domain/making/spec.ts';
import type { Step } from '../../../src/domain/making/step.ts';
import { updateSteps, type Written, writtenAfter } from '../../../src/domain/making/update.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { compiled, EMPTY, type Planning, planningOf } from '../../support/planning.ts';
import { testPool, testView } from '../../support/views.ts';

const DELIVERY = 'd1';
const pools = [testPool('controllers', 'controllers', ['10.0.0.1:9080'])];
const VIEW = testView(['redis', 'postgresql', 'memcached', 'router'], { pools });

/** What an earlier kato has left: the same delivery, written otherwise. */
const OLDER = {
  delivery: DELIVERY,
  processes: { redis: 'old', postgresql: 'old', memcached: 'old' },
};
const CONFIG = { configHash: 'old', loadedHash: 'old', fileHashes: {} };
const PROGRAM = { serviceHash: 'old', programHash: 'old' };
const TAKEN = ['write-config redis', 'switch-config redis'];

interface Case {
  says: string;
  of?: string;
  now: Partial<ObservedProcess>;
  before?: Written | null;
  /** Changes to what should be. */
  asked?: Partial<ProcessSpec>;
  steps: string[];
}

const CASES: Case[] = [
  { says: 'takes another config without a restart', now: CONFIG, steps: TAKEN },
  {
    says: 'takes another program without a restart',
    of: 'memcached',
    now: PROGRAM,
    steps: ['write-service memcached'],
  },
  { says: 'does so after 0.1.0, which left no record', now: CONFIG, before: null, steps: TAKEN },
  {
    says: 'takes up what it had begun when it was killed',
    now: { ...PROGRAM, configHash: 'old' },
    before: null,
    steps: [...TAKEN, 'write-service redis'],
  },
  { says: 'has nothing to do where all is as it writes it', now: {}, steps: [] },
  {
    says: 'leaves a delivery to the plan that the kato before had not done',
    now: CONFIG,
    before: { delivery: 'd0', processes: { redis: 'old' } },
    steps: [],
  },
  {
    says: 'leaves a process to the plan that had failed then',
    now: CONFIG,
    before: { delivery: DELIVERY, processes: { memcached: 'old' } },
    steps: [],
  },
  {
    says: 'leaves a config to the plan that was switched and never loaded',
    now: { ...CONFIG, configHash: 'asked' },
    before: null,
    steps: [],
  },
  {
    says: 'leaves a reload to the plan',
    of: 'postgresql',
    now: { configHash: 'old', loadedHash: 'old' },
    steps: [],
  },
  { says: 'restarts what does not say otherwise', of: 'router', now: PROGRAM, steps: [] },
  {
    says: 'leaves a process that is down to its start',
    now: { ...CONFIG, wantedUp: false },
    steps: [],
  },
  {
    says: 'leaves a restart that a person asked for',
    now: CONFIG,
    asked: { restarts: 1 },
    steps: [],
  },
];

describe('an update of kato', () => {
  let planning: Planning;
  let spec: Spec;
  before(async () => {
    planning = await planningOf();
    spec = await compiled(VIEW, viewSecrets);
  });
  const nodeWith = (name: string, now: Partial<ObservedProcess>): Observed => {
    const running = planning.settled(EMPTY, VIEW);
    const process = { ...running.processes[name]!, ...now };
    return { ...running, processes: { ...running.processes, [name]: process } };
  };
  const kinds = (steps: Step[]) => steps.map((step) => `${step.kind} ${step.process}`);

  for (const { says, of = 'redis', now, before: record = OLDER, asked = {}, steps } of CASES) {
    it(says, () => {
      const processes = spec.processes.map((one) => ({
        ...one,
        ...(one.name === of ? asked : {}),
      }));
      const found = updateSteps({ ...spec, processes }, nodeWith(of, now), DELIVERY, record);
      assert.deepEqual(kinds(found), steps);
      const follow = found.filter(({ kind }) => kind !== 'write-config');
      assert.ok(follow.every((step) => 'fromNextStart' in step && step.fromNextStart === true));
    });
  }

  it('leaves to the plan what a hand has changed, and takes it for no update', () => {
    const same = writtenAfter(spec, DELIVERY, new Set(), null);
    assert.deepEqual(updateSteps(spec, nodeWith('redis', CONFIG), DELIVERY, same), []);
  });

  it('is told what was done, and once done of a delivery stays so', () => {
    const failed = new Set(['redis']);
    const first = writtenAfter(spec, DELIVERY, failed, null)!;
    assert.deepEqual(Object.keys(first.processes).sort(), ['memcached', 'postgresql']);
    const whole = writtenAfter(spec, DELIVERY, new Set(), first)!;
    assert.deepEqual(writtenAfter(spec, DELIVERY, failed, whole), whole);
    assert.deepEqual(writtenAfter(spec, 'd2', failed, whole), { ...first, delivery: 'd2' });
    assert.equal(writtenAfter({ ...spec, processes: [] }, DELIVERY, failed, null), null);
  });
});
