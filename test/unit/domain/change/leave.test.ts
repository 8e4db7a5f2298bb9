import assert from 'node:assert/strict';
import { confirmNode, isFormer, removeNodes } from '../../../../src/domain/change/leave.ts';
import { asked, clusterWith, later, NOW, withNode } from '../../../support/clusters.ts';

const DAY_SECONDS = 86_400;

describe('removing nodes', () => {
  const cluster = clusterWith({ a: ['router'], b: ['redis'], c: ['controller'] });

  it('takes several at once, by id, name or address, and remembers who they were', () => {
    const { cluster: after, result } = removeNodes(
      cluster,
      { nodes: ['a', '10.0.0.3', 'a'], awaited: () => false },
      asked(),
    );
    assert.deepEqual(Object.keys(after.nodes), ['core', 'c']);
    assert.deepEqual(
      result.removed.map((node) => node.name),
      ['a', 'b'],
    );
    assert.ok(isFormer(after, 'a'));
    assert.ok(!isFormer(cluster, 'a'));
  });

  it('is all or none', () => {
    const both = () =>
      removeNodes(cluster, { nodes: ['a', 'nobody'], awaited: () => false }, asked());
    assert.throws(both, { code: 'UNKNOWN_NODE' });
  });

  it('never removes the core', () => {
    assert.throws(() => removeNodes(cluster, { nodes: ['core'], awaited: () => false }, asked()), {
      code: 'ROLE_NEEDED',
    });
  });

  it('says what to do when a role would be left without a node', () => {
    const balanced = withNode(clusterWith({ web: ['router'], lb: ['load_balancer'] }), 'core', {
      roles: { primary: { stopped: null }, controller: { stopped: null } },
    });
    assert.throws(() => removeNodes(balanced, { nodes: ['web'], awaited: () => false }, asked()), {
      code: 'ROLE_NEEDED',
      message: "the cluster needs the role 'router' on a node",
      next: 'add it to another node first: kato role add -n NODE router',
    });
  });

  it('forgets after 30 days who was removed', () => {
    const first = removeNodes(cluster, { nodes: ['a'], awaited: () => false }, asked()).cluster;
    const at = later(31 * DAY_SECONDS);
    const second = removeNodes(
      first,
      { nodes: ['b'], awaited: () => false },
      asked({ at }),
    ).cluster;
    assert.deepEqual(Object.keys(second.former), ['b']);
  });

  it('asks for more than a name that several nodes have', () => {
    const twins = withNode(cluster, 'b', { name: 'a' });
    assert.throws(() => removeNodes(twins, { nodes: ['a.b'], awaited: () => false }, asked()), {
      code: 'UNKNOWN_NODE',
    });
    const named = withNode(withNode(cluster, 'a', { name: 'web' }), 'b', { name: 'web' });
    assert.throws(() => removeNodes(named, { nodes: ['web'], awaited: () => false }, asked()), {
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
    const upgraded = confirmNode(cluster, { ...params, version: '0.1.1' }, asked());
    assert.equal(upgraded.cluster.nodes.a!.version, '0.1.1');
    assert.equal(upgraded.cluster.nodes.a!.joinedAt, NOW);
  });
});
