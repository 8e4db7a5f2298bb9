import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import {
  type Hearing,
  hear,
  heardUntil,
  judgeAll,
  restartHearing,
  startHearing,
} from '../../../src/domain/nodes/hearing.ts';
import { judge, type Timing, timingOf } from '../../../src/domain/nodes/liveness.ts';
import { clusterWith, later, withNode } from '../../support/clusters.ts';

const timing: Timing = {
  intervalMs: 2000,
  delayMs: 0,
  considerInactiveMs: 6000,
  considerDeadMs: 12_000,
};

describe('a node by its silence', () => {
  it('is active, then inactive, then dead', () => {
    const judged = (silenceMs: number) => judge(timing, 100_000 + silenceMs, 0, 100_000);
    assert.equal(judged(5999), 'active');
    assert.equal(judged(6000), 'inactive');
    assert.equal(judged(11_999), 'inactive');
    assert.equal(judged(12_000), 'dead');
  });

  it('is not judged until the judge has listened for as long as makes it inactive', () => {
    const judged = (listenedMs: number) => judge(timing, 50_000 + listenedMs, 50_000, 1000);
    assert.equal(judged(0), 'unknown');
    assert.equal(judged(5999), 'unknown');
    assert.equal(judged(6000), 'inactive');
    assert.equal(judged(12_000), 'dead');
  });

  it('is active at the first sign since the judge listens', () => {
    assert.equal(judge(timing, 50_500, 50_000, 50_400), 'active');
    assert.equal(judge(timing, 50_500, 50_000, undefined), 'unknown');
  });
});

describe('heartbeat times', () => {
  it('are 2, 0, 6 and 12 seconds', () => {
    assert.deepEqual(timingOf(clusterWith()), timing);
  });

  it('stretch together when the cluster is too large for 250 beats a second', () => {
    const nodes = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`n${i}`, clusterWith().nodes.core!]),
      );
    assert.deepEqual(timingOf(clusterWith({}, { nodes: nodes(500) })), timing);
    assert.deepEqual(timingOf(clusterWith({}, { nodes: nodes(1000) })), {
      intervalMs: 4000,
      delayMs: 0,
      considerInactiveMs: 12_000,
      considerDeadMs: 24_000,
    });
  });

  it('do not change, and wake everybody, with each node that joins a large cluster', () => {
    const cluster = clusterWith();
    const node = cluster.nodes.core!;
    const grown = (count: number): Cluster => ({
      ...cluster,
      nodes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, node])),
    });
    assert.deepEqual(timingOf(grown(801)), timingOf(grown(900)));
  });
});

describe('a controller that listens', () => {
  const cluster = clusterWith({ a: ['router'] });

  /** Time goes on by half a second a step: nodes that live beat, the bus answers. */
  function listen(
    hearing: Hearing,
    fromMs: number,
    toMs: number,
    options: { alive: string[]; cluster?: Cluster },
  ) {
    const of = options.cluster ?? cluster;
    for (let nowMs = fromMs; nowMs <= toMs; nowMs += 500) {
      for (const id of options.alive) hear(hearing, id, false, nowMs);
      heardUntil(hearing, timing, nowMs);
      judgeAll(hearing, of, timing);
    }
    return Object.fromEntries(judgeAll(hearing, of, timing));
  }

  it('sees who beats and who does not', () => {
    const hearing = startHearing(0);
    const early = listen(hearing, 0, 5500, { alive: ['core'] });
    assert.deepEqual(early, { core: 'active', a: 'unknown' });
    const late = listen(hearing, 6000, 12_000, { alive: ['core'] });
    assert.deepEqual(late, { core: 'active', a: 'dead' });
  });

  it('calls a silent node active at its next sign, and not because the times were raised', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 5000, { alive: ['core', 'a'] });
    assert.equal(listen(hearing, 5500, 18_000, { alive: ['core'] }).a, 'dead');
    const raised = { ...timing, considerInactiveMs: 60_000, considerDeadMs: 120_000 };
    assert.equal(judgeAll(hearing, cluster, raised).get('a'), 'unknown');
    hear(hearing, 'a', false, 18_500);
    assert.equal(judgeAll(hearing, cluster, raised).get('a'), 'active');
  });

  it('counts no silence beyond the last answer of the bus, as when it was frozen for a second', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 20_000, { alive: ['core', 'a'] });
    listen(hearing, 20_500, 31_500, { alive: ['core'] });
    hear(hearing, 'core', false, 34_000);
    const verdict = Object.fromEntries(judgeAll(hearing, cluster, timing));
    assert.deepEqual(verdict, { core: 'active', a: 'inactive' });
  });

  it('calls nobody silent after it was deaf: cut off, or frozen itself', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 20_000, { alive: ['core', 'a'] });
    const back = listen(hearing, 50_000, 55_500, { alive: ['core'] });
    assert.deepEqual(back, { core: 'active', a: 'unknown' });
    assert.equal(listen(hearing, 56_000, 62_000, { alive: ['core'] }).a, 'dead');
  });

  it('starts over when the connection was away for a moment', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 20_000, { alive: ['core'] });
    restartHearing(hearing, 20_100);
    const verdict = listen(hearing, 20_500, 21_000, { alive: ['core'] });
    assert.deepEqual(verdict, { core: 'active', a: 'unknown' });
  });

  it('gives a node that has just joined the time to say something', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 60_000, { alive: ['core'], cluster: clusterWith() });
    assert.equal(listen(hearing, 60_500, 62_000, { alive: ['core'] }).a, 'unknown');
    assert.equal(listen(hearing, 62_500, 73_000, { alive: ['core'] }).a, 'dead');
  });

  it('counts the silence of a pending node from when it is no longer pending', () => {
    const hearing = startHearing(0);
    const pending = withNode(cluster, 'a', { pendingUntil: later(300) });
    listen(hearing, 0, 60_000, { alive: ['core'], cluster: pending });
    assert.equal(listen(hearing, 60_500, 62_000, { alive: ['core'] }).a, 'unknown');
  });

  it('tells who said goodbye from who vanished', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 20_000, { alive: ['core', 'a'] });
    hear(hearing, 'a', true, 20_100);
    assert.equal(listen(hearing, 20_500, 60_000, { alive: ['core'] }).a, 'left');
    hear(hearing, 'a', false, 60_100);
    assert.equal(listen(hearing, 60_500, 60_500, { alive: ['core'] }).a, 'active');
  });

  it('forgets a node that is no longer in the cluster', () => {
    const hearing = startHearing(0);
    listen(hearing, 0, 20_000, { alive: ['core', 'a'] });
    listen(hearing, 20_500, 21_000, { alive: ['core'], cluster: clusterWith() });
    assert.deepEqual([...hearing.signs.keys()], ['core']);
  });
});
