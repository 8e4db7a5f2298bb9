import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ClusterLink } from '../../../src/agent/cluster-link.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import type { Made, ProvenVersion, View } from '../../../src/domain/views/view.ts';
import type { Progress } from '../../../src/operations/following/progress.ts';
import {
  type Counts,
  NOTHING,
  simulate,
  sum,
  VERSION,
} from '../../support/bench/simulated-agent.ts';
import { clusterWith } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { until } from '../../support/until.ts';

/** An agent has beaten, and a controller has told news again, within this. */
const QUIET_MS = 4000;
/** Some of both; no more of a node are answered at once than 32. */
const ASKED = 24;
/** Controllers read all anew every 30 s. */
const REST_MS = 60_000;

const names = { web: ['router'], lb: ['load_balancer'], one: [], two: [], three: ['memcached'] };
const plain = clusterWith(names);
const cluster = {
  ...plain,
  nodes: Object.fromEntries(
    Object.entries(plain.nodes).map(([id, node]) => [id, { ...node, version: VERSION }]),
  ),
};
const NODES = Object.keys(cluster.nodes);

type Answer = { view: View; made: Made };

describe('under two controllers', () => {
  let controlled: Controlled;
  let links: ClusterLink[];
  const counts: Record<string, Counts> = {};

  before(async () => {
    controlled = await startControlled(cluster, [], { apart: true, others: 1, kato: VERSION });
    links = NODES.map((id) => {
      counts[id] = { ...NOTHING };
      return simulate(controlled.identityOf(id), counts[id], () => {});
    });
    const haveAll = () => NODES.every((id) => counts[id]!.views > 0);
    await until(haveAll, { what: 'all have a view', seconds: 30 });
    await quiet();
  });
  after(async () => {
    await Promise.all(links.map((link) => link.close()));
    await controlled.end();
  });

  it('a change of one node is fetched by that node and the core, and no other does anything', async () => {
    const before = copied();
    for (let i = 0; i < 10; i++) {
      await change(i % 2 === 0 ? 'role.add' : 'role.remove');
    }
    await quiet();
    for (const id of ['web', 'lb', 'two', 'three'])
      assert.deepEqual(since(before, id), NOTHING, id);
    for (const id of ['core', 'one']) {
      const { views, reports } = since(before, id);
      assert.ok(views > 0 && views <= 10, `${id} has fetched ${views} views`);
      assert.ok(reports >= views && reports <= 20, `${id} has reported ${reports} times`);
    }
    assertNoFault();
  });

  it('nobody fetches anything at rest, and nothing is a fault', async () => {
    const before = copied();
    const endMs = performance.now() + REST_MS;
    await until(() => performance.now() > endMs, { what: 'a while', seconds: 2 * REST_MS });
    for (const id of NODES) assert.deepEqual(since(before, id), NOTHING, id);
    assertNoFault();
  }).timeout(4 * REST_MS);

  it('one that was frozen answers nobody with less than he has heard of', async () => {
    const { pid } = controlled.apart!;
    process.kill(pid, 'SIGSTOP');
    let asked: Promise<Json>[];
    let seen: ProvenVersion;
    try {
      await until(() => change('role.add'), { what: 'the other changes it', seconds: 60 });
      const answer = () => fetched('two', { known: null });
      seen = (await until(answer, { what: 'the other answers', seconds: 60 })).view.version;
      assert.ok(seen.revision > plain.revision);
      asked = Array.from({ length: ASKED }, () =>
        fetched('two', { known: null, seen: { ...seen } }),
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const answers = (await Promise.all(asked)) as unknown as Answer[];
    for (const { view, made } of answers) {
      assert.deepEqual([view.version, made.revision], [seen, seen.revision]);
    }
    await quiet();
    assertNoFault();
  }).timeout(180_000);

  async function fetched(id: string, params: Json): Promise<Json & Answer> {
    return (await controlled.ask(id, 'view', params)) as Json & Answer;
  }

  /** Until the node has followed. */
  async function change(operation: 'role.add' | 'role.remove'): Promise<true> {
    const more = operation === 'role.add' ? { noStart: false } : { purgeData: false };
    const params = { node: 'one', roles: ['memcached'], selection: 'named', ...more };
    const answer = await controlled.ask('core', operation, params, randomUUID());
    const { revision } = answer as { revision: number };
    const followed = { nodes: ['one'], revision, seen: 0, waitMs: 2000 };
    const isDone = async () => {
      const all = (await controlled.ask('core', 'progress', followed)) as unknown as Progress[];
      return all.every(({ done }) => done);
    };
    await until(isDone, { what: `${operation} is done`, seconds: 30 });
    return true;
  }

  /** Nobody has done anything for a while. */
  async function quiet(): Promise<void> {
    let last = JSON.stringify(counts);
    let sinceMs = performance.now();
    const isQuiet = (): boolean => {
      const now = JSON.stringify(counts);
      if (now !== last) [last, sinceMs] = [now, performance.now()];
      return performance.now() - sinceMs > QUIET_MS;
    };
    await until(isQuiet, { what: 'all are quiet', seconds: 60 });
  }

  function copied(): Record<string, Counts> {
    return structuredClone(counts);
  }

  function since(before: Record<string, Counts>, id: string): Counts {
    return sum(counts[id]!, before[id]!, -1);
  }

  function assertNoFault(): void {
    assert.deepEqual(controlled.logged, []);
    assert.equal(controlled.apart!.stderr(), '');
  }
});
