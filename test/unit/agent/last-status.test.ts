import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { mock } from 'node:test';
import { lastStatus } from '../../../src/agent/doors/last-status.ts';
import { refuse } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import { makeFolder } from '../../../src/machine/disk/files.ts';
import { reportOf } from '../../support/reports.ts';
import { until } from '../../support/until.ts';
import { testView } from '../../support/views.ts';

const LONGEST_MS = 90_000;

describe('a node that nobody asks for the status', () => {
  let root: string;
  let asked: number;
  let answer: () => Promise<Json>;

  beforeEach(async () => {
    root = await mkdtemp('/tmp/kato-status-');
    await makeFolder(pathsOf(root).state, 0o700);
    asked = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(async () => {
    mock.timers.reset();
    await rm(root, { recursive: true });
  });

  const remembering = () =>
    lastStatus(pathsOf(root), () => {
      asked++;
      return answer();
    });
  const clusterOf = (count: number) => async (): Promise<Json> => {
    const nodes = Array.from({ length: count }, (_, i) => ({ id: `n${i + 1}`, lastSeen: 0 }));
    return { nodes, pools: [], unassigned: [] };
  };
  const recalled = (remembered: ReturnType<typeof lastStatus>) =>
    remembered.recall(testView([]), reportOf('n1', {}), refuse('BUS_AWAY', 'the bus is away'));

  /** Lets time pass, and tells how much. */
  const timeUntil = async (happened: () => boolean): Promise<number> => {
    let passedMs = 0;
    const pass = (): boolean => {
      mock.timers.tick(LONGEST_MS);
      passedMs += LONGEST_MS;
      return happened();
    };
    await until(pass, { what: 'the agent asks again', seconds: 10 });
    return passedMs;
  };

  it('knows the others all the same, as they were a minute or so ago', async () => {
    answer = clusterOf(3);
    using remembered = remembering();
    const alone = await recalled(remembered);
    assert.equal(alone.nodes.length, 1);
    const [told] = alone.warnings;
    assert.deepEqual(
      [told!.code, told!.message],
      ['BUS_AWAY', 'the bus is away: only this node itself is known'],
    );
    mock.timers.tick(LONGEST_MS);
    await until(async () => (await recalled(remembered)).nodes.length === 3, {
      what: 'the others are known',
      seconds: 5,
    });
    answer = () => Promise.reject(refuse('BUS_AWAY', 'the bus is away'));
    await timeUntil(() => asked > 2);
    const away = refuse('BUS_AWAY', 'the bus is away', 'the clock is wrong');
    const shown = await remembered.recall(testView([]), reportOf('n1', {}), away);
    assert.equal(shown.nodes.length, 3);
    assert.match(
      shown.warnings[0]!.message,
      /^the bus is away \(the clock is wrong\): the other nodes are shown as they were \d+ s ago$/,
    );
  });

  it('knows nobody but itself by a file that is damaged', async () => {
    answer = clusterOf(3);
    using remembered = remembering();
    const file = `${pathsOf(root).state}/status.json`;
    const whole = JSON.stringify({ at: '2026-03-01T12:00:00.000Z', status: await answer() });
    await writeFile(file, whole);
    assert.equal((await recalled(remembered)).nodes.length, 3);
    const cut = Array.from({ length: whole.length }, (_, end) => whole.slice(0, end));
    for (const damaged of [...cut, 'null', '7', '{}', '{"at":"x","status":null}']) {
      await writeFile(file, damaged);
      assert.equal((await recalled(remembered)).nodes.length, 1, damaged);
    }
  });

  it('shows the newest revision that it has heard of, also where that changed nothing for it', async () => {
    answer = clusterOf(1);
    using remembered = remembering();
    const view = testView([]);
    const away = refuse('BUS_AWAY', 'the bus is away');
    const seen = { ...view.version, revision: 5000 };
    const recall = (changes: Partial<Report>) =>
      remembered.recall(view, reportOf('n1', {}, changes), away);
    assert.equal((await recall({ seen })).cluster.revision, 5000);
    assert.equal((await recall({})).cluster.revision, view.version.revision);
  });

  it('asks seldom in a large cluster', async () => {
    answer = clusterOf(1000);
    using remembered = remembering();
    mock.timers.tick(LONGEST_MS);
    await until(async () => (await recalled(remembered)).nodes.length === 1000, {
      what: 'the others are known',
      seconds: 5,
    });
    assert.ok((await timeUntil(() => asked === 2)) > 5 * LONGEST_MS);
  });
});
