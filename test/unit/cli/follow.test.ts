import assert from 'node:assert/strict';
import { type Follow, follow } from '../../../src/cli/session/follow.ts';
import { KatoError, refuse } from '../../../src/domain/base/error.ts';
import type { StepResult } from '../../../src/domain/making/step.ts';
import type { Progress } from '../../../src/operations/following/progress.ts';
import { hint } from '../../support/said/hint.ts';

const step = (process: string): StepResult => ({ kind: 'start', process, ms: 5, failed: false });

function progress(name: string, changes: Partial<Progress> = {}): Progress {
  const base: Progress = {
    node: name,
    id: `n-${name}`,
    state: 'active',
    done: false,
    steps: [],
    failures: [],
  };
  return { ...base, ...changes };
}

/** Follows what a cluster would answer, one answer for each time it is asked. */
async function followed(answers: (Progress[] | KatoError)[], changes: Partial<Follow> = {}) {
  const asked: string[][] = [];
  const steps: string[] = [];
  const ids = answers.flatMap((answer) => (answer instanceof KatoError ? [] : answer));
  const end = follow({
    nodes: [...new Set(ids.map(({ id }) => id))],
    revision: 7,
    timeoutMs: 60_000,
    poll: async (params) => {
      asked.push((params as { nodes: string[] }).nodes);
      const answer = answers.shift();
      if (answer === undefined) throw new Error('asked once too often');
      if (answer instanceof KatoError) throw answer;
      return answer;
    },
    onStep: (node, { process }) => steps.push(`${node} ${process}`),
    ...changes,
  });
  const error = await end.then(
    () => null,
    (thrown: KatoError) => thrown,
  );
  return { asked, steps, error };
}

describe('a command that follows a change', () => {
  it('shows each step once and ends when every node is done', async () => {
    const { steps, error } = await followed([
      [progress('a', { steps: [step('redis')] }), progress('b')],
      [
        progress('a', { steps: [step('redis'), step('router')], done: true }),
        progress('b', { steps: [step('redis')], done: true }),
      ],
    ]);
    assert.equal(error, null);
    assert.deepEqual(steps, ['a redis', 'a router', 'b redis']);
  });

  it('asks no more about a node that is done', async () => {
    const { asked } = await followed([
      [progress('a', { done: true }), progress('b')],
      [progress('b', { done: true })],
    ]);
    assert.deepEqual(asked, [['n-a', 'n-b'], ['n-b']]);
  });

  it('shows the next pass of an agent from its beginning', async () => {
    const { steps } = await followed([
      [progress('a', { steps: [step('x'), step('y')] })],
      [progress('a', { steps: [step('z')], done: true })],
    ]);
    assert.deepEqual(steps, ['a x', 'a y', 'a z']);
  });

  it('waits for the other nodes before it ends with the failure of one', async () => {
    const failure = { kind: 'start', process: 'redis', code: 'PORT_TAKEN', message: 'no' } as const;
    const { asked, error } = await followed([
      [progress('a', { done: true, failures: [failure] }), progress('b')],
      [progress('b', { done: true })],
    ]);
    assert.equal(asked.length, 2);
    assert.equal(error?.code, 'PORT_TAKEN');
  });

  it('fails by a certificate that is left out only where it installs that one', async () => {
    const failure = {
      kind: 'use-certificate',
      process: 'agent',
      certificate: 'shop.example.com',
      code: 'BAD_FILE',
      message: 'is left out',
    } as const;
    const { certificate: _, ...lost } = failure;
    const followedBy = async (certificate?: string) => {
      const failures = [lost, failure];
      const { error } = await followed([[progress('a', { done: true, failures })]], {
        certificate,
      });
      return error?.message ?? null;
    };
    assert.equal(await followedBy(), null);
    assert.equal(await followedBy('blog.example.com'), null);
    assert.equal(await followedBy('shop.example.com'), 'a: is left out');
  });

  it('names the nodes on which it failed', async () => {
    const failure = { kind: 'start', process: 'redis', code: 'PORT_TAKEN', message: 'no' } as const;
    const failures = [failure];
    const other = [{ ...failure, message: 'another' }];
    const { error } = await followed([
      [
        progress('a', { done: true, failures }),
        progress('b', { done: true, failures: other }),
        progress('c', { done: true, failures }),
      ],
    ]);
    assert.equal(error?.message, 'a, c: no');
  });

  it('does not wait for a node that is dead, and says that it will follow', async () => {
    const { error } = await followed([
      [progress('a', { state: 'dead' }), progress('b')],
      [progress('b', { done: true })],
    ]);
    assert.equal(error?.code, 'NODE_UNREACHABLE');
    assert.match(error?.message ?? '', /a is dead/);
    const listed =
      'cli/session/follow.ts: kato status shows what is wrong with it and what helps; kato node remove takes out a node that does not come back';
    assert.deepEqual(hint(error?.next, listed).commands, ['kato status', 'kato node remove']);
  });

  it('does not advise to remove a dead core, which nothing removes', async () => {
    const core = progress('core', { state: 'dead', isCore: true });
    const { error } = await followed([[core, progress('b', { state: 'dead' })]]);
    assert.equal(error?.code, 'NODE_UNREACHABLE');
    assert.equal(error?.next, 'kato node boot on core starts its agent anew');
  });

  it('says of a node that has left how it starts again', async () => {
    const { error } = await followed([[progress('a', { state: 'left' })]]);
    assert.match(error?.message ?? '', /a has left/);
    assert.match(error?.next ?? '', /^kato node boot on a starts it/);
  });

  it('outlives a bus that the change itself restarts', async () => {
    const away = refuse('BUS_AWAY', 'the bus is away');
    const { error } = await followed([away, [progress('a', { done: true })]], { nodes: ['n-a'] });
    assert.equal(error, null);
  });

  it('ends with TIMEOUT that names who is not done', async () => {
    const { error } = await followed([[progress('a')]], { timeoutMs: 0 });
    assert.equal(error?.code, 'TIMEOUT');
    const { error: named } = await followed(
      [[progress('a')], refuse('TIMEOUT', 'nobody answered')],
      { timeoutMs: 50 },
    );
    assert.match(named?.message ?? '', /but a did not finish/);
    assert.equal(named?.why, 'nobody answered');
  });

  it('says then of each node what is known of it', async () => {
    const steps = [step('redis')];
    const silent = progress('b', { state: 'inactive', steps });
    const done = progress('d', { waitsFor: ['e', 'f'] });
    const nodes = [progress('a', { steps }), silent, progress('c'), done];
    const { error } = await followed([nodes], { timeoutMs: 50, poll: async () => nodes });
    assert.equal(
      error?.why,
      'a has begun, b is inactive, c has reported no step yet, d is done; still to follow: e, f',
    );
  });

  it('passes on what the cluster refuses', async () => {
    const { error } = await followed([refuse('NOT_ALLOWED', 'no')], { nodes: ['n-a'] });
    assert.equal(error?.code, 'NOT_ALLOWED');
  });
});
