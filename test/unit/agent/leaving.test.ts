import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Goodbye, sayGoodbye } from '../../../src/agent/leaving/goodbye.ts';
import { untilReleased } from '../../../src/agent/leaving/released.ts';
import { refuse } from '../../../src/domain/base/error.ts';
import { type Paths, pathsOf } from '../../../src/domain/making/paths.ts';
import { announceHalt, forgetHalt, isReleased } from '../../../src/machine/node/halting.ts';
import { until } from '../../support/until.ts';

const SECONDS = 0.3;
const GRACE_MS = 5000;

describe('a wait for others to send nothing more', () => {
  it('ends when nobody does', async () => {
    const answers = [['lb1', 'lb2'], ['lb2'], []];
    const ask = async () => ({ waitsFor: answers.shift()! });
    assert.equal(await untilReleased(ask, GRACE_MS), undefined);
    assert.deepEqual(answers, []);
  });

  it('ends with its time, and says who may', async () => {
    const ask = async () => ({ waitsFor: ['lb1', 'lb2'] });
    assert.equal(
      await untilReleased(ask, SECONDS),
      `after ${SECONDS} s lb1, lb2 may still send requests`,
    );
  });

  it('ends with its time while nobody can be asked, and says why', async () => {
    const ask = async () => {
      throw refuse('BUS_AWAY', 'the bus is away');
    };
    assert.equal(
      await untilReleased(ask, SECONDS),
      `after ${SECONDS} s nobody says who may still send requests: the bus is away`,
    );
  });

  it('is none where the controllers are of a kato that does not tell', async () => {
    const ask = async () => {
      throw refuse('NOT_FOUND', 'there is no such operation');
    };
    assert.equal(await untilReleased(ask, GRACE_MS), undefined);
  });

  it('ends when what was to stop is wanted again', async () => {
    const interrupt = new AbortController();
    const ask = async () => {
      interrupt.abort(new Error('wanted again'));
      return { waitsFor: ['lb1'] };
    };
    await assert.rejects(untilReleased(ask, GRACE_MS, interrupt.signal), /wanted again/);
  });
});

describe('a node that somebody halts', () => {
  let paths: Paths;
  let beats: boolean[];
  let waitsFor: string[];
  let asked: number;
  let goodbye: Goodbye | undefined;
  const watch = (serves: boolean): void => {
    goodbye = sayGoodbye(paths, {
      beat: (leaving) => void beats.push(leaving),
      serves: () => serves,
      released: async () => {
        asked++;
        return { waitsFor };
      },
      log: () => undefined,
    });
  };
  beforeEach(async () => {
    paths = pathsOf(await mkdtemp(join(tmpdir(), 'kato-goodbye-')));
    await mkdir(paths.run, { recursive: true });
    [beats, waitsFor, asked] = [[], [], 0];
  });
  afterEach(async () => {
    goodbye?.[Symbol.dispose]();
    goodbye = undefined;
    await rm(paths.root, { recursive: true });
  });

  it('says goodbye at once, and then that others send it nothing more', async () => {
    watch(true);
    waitsFor = ['lb'];
    await announceHalt(paths);
    await until(() => asked > 1, { what: 'it asks', seconds: 5 });
    assert.deepEqual([beats, goodbye!.isLeaving], [[true], true]);
    assert.equal(await isReleased(paths, 0), false);
    waitsFor = [];
    assert.equal(await isReleased(paths, GRACE_MS), true);
  });

  it('waits for nobody where it serves nothing', async () => {
    watch(false);
    await announceHalt(paths);
    assert.equal(await isReleased(paths, GRACE_MS), true);
    assert.deepEqual([beats, asked], [[true], 0]);
  });

  it('is heard of also where its agent has just started', async () => {
    await announceHalt(paths);
    watch(true);
    assert.equal(await isReleased(paths, GRACE_MS), true);
    assert.deepEqual(beats, [true]);
  });

  it('stays when it is booted instead, and nothing of it is left for the next time', async () => {
    watch(true);
    await announceHalt(paths);
    assert.equal(await isReleased(paths, GRACE_MS), true);
    await forgetHalt(paths);
    await until(() => beats.length === 2, { what: 'it says that it is there', seconds: 5 });
    assert.deepEqual([beats, goodbye!.isLeaving], [[true, false], false]);
    waitsFor = ['lb'];
    await announceHalt(paths);
    await until(() => beats.length === 3, { what: 'it says goodbye again', seconds: 5 });
    assert.equal(await isReleased(paths, 0), false);
  });
});
