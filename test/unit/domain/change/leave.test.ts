import assert from 'node:assert/strict';
import type { Asked } from '../../../../src/domain/document/change.ts';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import { confirmNode, isFormer, removeNodes } from '../../../../src/domain/nodes/leave.ts';
import { asked, clusterWith, later, NOW, who, withNode } from '../../../support/clusters.ts';

const DAY_SECONDS = 86_400;

type Removal = Parameters<typeof removeNodes>[1];

function remove(
  cluster: Cluster,
  nodes: string[],
  changes: Partial<Removal> = {},
  by: Asked = asked(),
) {
  const nobody = () => false;
  const removal = { nodes, awaited: nobody, force: false, ...changes };
  return removeNodes(cluster, removal, by);
}

describe('removing nodes', () => {
  const cluster = clusterWith({ a: ['router'], b: ['redis'], c: ['controller'] });

  it('takes several at once, by id, name or address, and remembers who they were', () => {
    const { cluster: after, result } = remove(cluster, ['a', '10.0.0.3', 'a']);
    assert.deepEqual(Object.keys(after.nodes), ['core', 'c']);
    assert.deepEqual(
      result.removed.map((node) => node.name),
      ['a', 'b'],
    );
    assert.ok(isFormer(after, 'a'));
    assert.ok(!isFormer(cluster, 'a'));
  });

  it('is all or none', () => {
    const both = () => remove(cluster, ['a', 'nobody']);
    assert.throws(both, { code: 'UNKNOWN_NODE' });
  });

  it('never removes the core', () => {
    assert.throws(() => remove(cluster, ['core']), {
      code: 'ROLE_NEEDED',
    });
  });

  it('says what to do when a role would be left without a node', () => {
    const balanced = withNode(clusterWith({ web: ['router'], lb: ['load_balancer'] }), 'core', {
      roles: { primary: { stopped: null }, controller: { stopped: null } },
    });
    assert.throws(() => remove(balanced, ['web']), {
      code: 'ROLE_NEEDED',
      message: "the cluster needs the role 'router' on a node",
      next: 'add it to another node first: kato role add -n NODE router',
    });
  });

  it('takes the last router that serves only when it is forced, or gone', () => {
    const running = { stopped: null };
    const stopped = { stopped: { by: 'core', at: NOW } };
    const core = { primary: running, controller: running, router: stopped };
    const routers = withNode(withNode(cluster, 'core', { roles: core }), 'b', {
      roles: { router: stopped, redis: running },
    });
    assert.throws(() => remove(routers, ['a']), {
      code: 'ROLE_NEEDED',
      message: "no other node runs the role 'router' that a would lose",
    });
    assert.ok(remove(routers, ['a'], { force: true }).changed);
    assert.ok(remove(routers, ['a'], {}, asked(who({ a: { gone: 'dead' } }))).changed);
    assert.ok(remove(routers, ['b']).changed, 'who serves nobody is not missed');
  });

  it('forgets after 30 days who was removed', () => {
    const first = remove(cluster, ['a']).cluster;
    const at = later(31 * DAY_SECONDS);
    const second = remove(first, ['b'], {}, asked({ at })).cluster;
    assert.deepEqual(Object.keys(second.former), ['b']);
  });

  it('asks for more than a name that several nodes have', () => {
    const twins = withNode(cluster, 'b', { name: 'a' });
    assert.throws(() => remove(twins, ['a.b']), {
      code: 'UNKNOWN_NODE',
    });
    const named = withNode(withNode(cluster, 'a', { name: 'web' }), 'b', { name: 'web' });
    assert.throws(() => remove(named, ['web']), {
      code: 'CONFLICT',
      why: 'they are web (10.0.0.2), web (10.0.0.3)',
    });
  });
});

describe('a node that shows its own key', () => {
  it('is no longer pending, and says what it is once', () => {
    const pending = withNode(clusterWith({ a: [] }), 'a', { pendingUntil: later(300) });
    const { catalogue } = pending.nodes.a!;
    const params = { node: 'a', version: '0.1.0', catalogue, replacedIsGone: false };
    const { cluster, changed } = confirmNode(pending, params, asked());
    assert.ok(changed);
    assert.equal(cluster.nodes.a!.pendingUntil, null);
    assert.equal(confirmNode(cluster, params, asked()).changed, false);
    const held = withNode(cluster, 'a', { held: { redis: 'boot-1', memcached: 'boot-2' } });
    const known = (bootId: string | null) => {
      const presence = () => ({ gone: null, bootId, report: null, ready: {} });
      return confirmNode(held, params, { ...asked(), presence }).cluster.nodes.a!.held;
    };
    assert.deepEqual(known('boot-2'), { memcached: 'boot-2' }, 'a hold ends with its boot');
    assert.deepEqual(known(null), held.nodes.a!.held);
    const upgraded = confirmNode(cluster, { ...params, version: '0.1.1' }, asked());
    assert.equal(upgraded.cluster.nodes.a!.version, '0.1.1');
    assert.equal(upgraded.cluster.nodes.a!.joinedAt, NOW);
  });
});
