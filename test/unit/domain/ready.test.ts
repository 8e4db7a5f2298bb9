import assert from 'node:assert/strict';
import type { Cluster, NodeRole } from '../../../src/domain/document/cluster.ts';
import type { Report } from '../../../src/domain/making/step.ts';
import type { Ready } from '../../../src/domain/nodes/ready.ts';
import { nextReady, servingNow } from '../../../src/domain/nodes/serving.ts';
import { NO_VERDICTS, nextVerdicts } from '../../../src/domain/nodes/verdicts.ts';
import { addRoles } from '../../../src/domain/roles/role-changes.ts';
import { withoutWantedSince, withWantedSince } from '../../../src/domain/roles/wanted-since.ts';
import { poolsOf } from '../../../src/domain/traffic/pools.ts';
import { asked, catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';

const WANTED: NodeRole = { stopped: null };
const STOPPED: NodeRole = { stopped: { by: 'core', at: NOW } };

/** A change that was made of the cluster, as it is written. */
const written = (before: Cluster, after: Cluster): Cluster => ({
  ...withWantedSince(before, after, catalogue),
  revision: before.revision + 1,
});
const sinceOf = (cluster: Cluster, node = 'web') => cluster.nodes[node]!.roles.router?.since;
const withRouter = (cluster: Cluster, router: NodeRole) => {
  const { roles } = cluster.nodes.web!;
  return withNode(cluster, 'web', { roles: { ...roles, router } });
};

describe('the revision since which a role is to serve', () => {
  const bare = clusterWith({ web: [] });
  const roles = { node: 'web', roles: ['router', 'redis'], selection: 'named' } as const;
  const add = { ...roles, roles: [...roles.roles], noStart: false, force: false };
  const given = written(bare, addRoles(bare, add, asked()).cluster);

  it('is noted when it is given, started, or no longer held; of no role that serves nobody', () => {
    assert.equal(sinceOf(given), bare.revision + 1);
    assert.equal(given.nodes.web!.roles.redis!.since, undefined);
    const stopped = written(given, withRouter(given, { ...STOPPED, since: sinceOf(given)! }));
    assert.equal(sinceOf(stopped), bare.revision + 1);
    const started = written(stopped, withRouter(stopped, { ...WANTED, since: 1 }));
    assert.equal(sinceOf(started), bare.revision + 3);
    const held = written(started, withNode(started, 'web', { held: { router: 'boot-1' } }));
    const free = written(held, withNode(held, 'web', { held: {} }));
    assert.deepEqual([sinceOf(held), sinceOf(free)], [bare.revision + 3, bare.revision + 5]);
  });

  it('stays with all other changes, and those of other nodes stay the same objects', () => {
    const renamed = written(given, withNode(given, 'web', { zone: 'b' }));
    assert.equal(sinceOf(renamed), sinceOf(given));
    assert.equal(renamed.nodes.core, given.nodes.core);
  });

  it('is none in a new history, whose nodes go on as they are', () => {
    const again = { ...bare, lineage: 'another', nodes: given.nodes };
    assert.equal(withWantedSince(bare, again, catalogue), again);
    assert.equal(sinceOf({ ...given, nodes: withoutWantedSince(given) }), undefined);
  });
});

describe('a member of a pool', () => {
  const since = 20;
  const cluster = withRouter(clusterWith({ web: ['router'] }), { ...WANTED, since });
  const told = (router: 'RUNNING' | 'STARTING' | 'FATAL' | 'STOPPED', revision = since): Report => {
    const report = reportOf('web', { router });
    return { ...report, version: { ...report.version, lineage: cluster.lineage, revision } };
  };
  const readyBy = (report: Report | null, before?: Ready, hasLeft = false): Ready =>
    nextReady(cluster, catalogue, before, {
      reportOf: (id) => (id === 'web' ? report : null),
      hasLeft: () => hasLeft,
      number: 7,
    });
  const inPool = (ready: Ready, of = cluster): string[] =>
    poolsOf(of, catalogue, [], { ...NO_VERDICTS, ready })
      .find(({ name }) => name === 'routers')!
      .members.map(({ address }) => address);
  const READY: Ready = { web: { router: { since, number: 7 } } };

  it('is whoever said that it is ready, and nobody before: also not as a last resort', () => {
    const core = cluster.nodes.core!.address;
    for (const report of [null, told('STARTING'), told('FATAL'), told('RUNNING', since - 1)])
      assert.deepEqual(inPool(readyBy(report)), [`${core}:80`]);
    assert.deepEqual(readyBy(told('RUNNING')), READY);
    assert.equal(inPool(READY).length, 2);
    const { core: _, ...nodes } = cluster.nodes;
    assert.deepEqual(inPool({}, { ...cluster, nodes }), []);
  });

  it('is whoever was one before it could be told: of another history, or kato 0.1.0', () => {
    assert.equal(inPool({}, clusterWith({ web: ['router'] })).length, 2);
  });

  it('stays one, whatever it says or does not say later, until it is to serve anew', () => {
    for (const report of [null, told('FATAL')]) assert.deepEqual(readyBy(report, READY), READY);
    const later: Ready = { web: { router: { since: since - 1, number: 3 } } };
    assert.deepEqual(readyBy(null, later), {});
    assert.deepEqual(readyBy(null, READY, true), {}, 'who has left says it anew');
  });

  it('is out while its node says that it does not serve, and until it says that it does', () => {
    const serves = (report: Report | null) =>
      servingNow(cluster, catalogue, cluster.nodes.web!, 'router', report);
    assert.deepEqual(
      [told('RUNNING'), told('FATAL'), told('STOPPED'), told('STARTING'), null].map(serves),
      ['yes', 'no', 'no', 'unknown', 'unknown'],
    );
    const busyWith = (revision: number) => ({ ...told('RUNNING'), busy: { router: revision } });
    assert.equal(serves(busyWith(since)), 'unknown', 'a restart is due');
    assert.equal(serves(busyWith(since - 1)), 'yes');
    const pools = poolsOf(cluster, catalogue, [], { ...NO_VERDICTS, ready: READY });
    const alive = new Map(['core', 'web'].map((id) => [id, 'active'] as const));
    const judged = (report: Report | null, before = NO_VERDICTS) =>
      nextVerdicts(cluster, pools, before, alive, Date.parse(NOW), (node) =>
        node.id === 'web' ? serves(report) : 'yes',
      );
    const out = judged(told('FATAL'));
    assert.deepEqual(out.outages, { routers: { '10.0.0.2:80': NOW } });
    assert.deepEqual(judged(told('STARTING'), out).outages, out.outages);
    assert.deepEqual(judged(null, out).outages, out.outages);
    assert.deepEqual(judged(told('RUNNING'), out).outages, {});
    assert.deepEqual(judged(told('STARTING')).outages, {}, 'one that restarts stays');
  });
});
