import assert from 'node:assert/strict';
import type { KatoError } from '../../../../src/domain/base/error.ts';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import type { RoleDefinition } from '../../../../src/domain/roles/role.ts';
import {
  addRoles,
  type RoleAdd,
  type RoleRemove,
  removeRoles,
} from '../../../../src/domain/roles/role-changes.ts';
import { asked, catalogue, clusterWith, NOW, withNode } from '../../../support/clusters.ts';
import { hint } from '../../../support/said/hint.ts';
import { touched } from '../../../support/views.ts';

const ADD: RoleAdd = { node: 'a', roles: [], selection: 'named', noStart: false, force: false };
const REMOVE: RoleRemove = {
  ...{ node: 'a', roles: [], selection: 'named', purgeData: false, force: false },
};

function add(cluster: Cluster, roles: string[], changes: Partial<RoleAdd> = {}, by = 'core') {
  return addRoles(cluster, { ...ADD, roles, ...changes }, asked({ by }));
}

function remove(cluster: Cluster, roles: string[], changes: Partial<RoleRemove> = {}) {
  return removeRoles(cluster, { ...REMOVE, roles, ...changes }, asked());
}

const rolesOf = (cluster: Cluster, name = 'a') => Object.keys(cluster.nodes[name]!.roles);

describe('adding roles', () => {
  const cluster = clusterWith({ a: ['redis'] });

  it('says which came new and which were there already', () => {
    const added = add(cluster, ['redis', 'router']);
    const { cluster: after, result } = added;
    assert.deepEqual(result, { node: 'a', added: ['router'], removed: [], already: ['redis'] });
    assert.deepEqual(touched(cluster, added), ['a']);
    assert.deepEqual(rolesOf(after), ['base', 'redis', 'router']);
  });

  it('refuses one whose port another role of the node has', () => {
    const moved = { ...cluster, settings: { memcached: { port: 6379 } } };
    assert.throws(() => add(moved, ['memcached']), {
      code: 'PORT_TAKEN',
      message: 'port 6379 on a would be used twice',
    });
  });

  it('twice is already so, and writes nothing', () => {
    assert.equal(add(cluster, ['redis']).changed, false);
  });

  it('takes a group for all of its roles', () => {
    const { result } = add(cluster, ['data-services']);
    assert.deepEqual(result.added, ['memcached', 'postgresql']);
  });

  it('adds all that can be added, or all but some', () => {
    const all = add(cluster, [], { selection: 'all' }).result.added;
    assert.deepEqual(all, ['controller', 'memcached', 'postgresql', 'router']);
    const most = add(cluster, ['controller', 'router'], { selection: 'all-but' }).result.added;
    assert.deepEqual(most, ['memcached', 'postgresql']);
  });

  it('adds all that its token allowed to a node that is limited', () => {
    const limited = withNode(cluster, 'a', { allowedRoles: ['redis', 'memcached'] });
    assert.deepEqual(add(limited, [], { selection: 'all' }, 'a').result.added, ['memcached']);
  });

  it('gives up the others when just these are wanted', () => {
    const { cluster: after, result } = add(cluster, ['router'], { selection: 'only' });
    assert.deepEqual(result, { node: 'a', added: ['router'], removed: ['redis'], already: [] });
    assert.deepEqual(rolesOf(after), ['base', 'router']);
  });

  it('keeps the core what it is when just others are wanted there', () => {
    const only = () => add(cluster, ['redis'], { selection: 'only', node: 'core' });
    assert.throws(only, { code: 'ROLE_NEEDED' });
  });

  it('notes who added them stopped', () => {
    const { cluster: after } = add(cluster, ['router'], { noStart: true });
    assert.deepEqual(after.nodes.a!.roles.router, { stopped: { by: 'core', at: NOW } });
  });

  it('says what was meant by a role that is not known', () => {
    assert.throws(() => add(cluster, ['ruoter']), {
      code: 'UNKNOWN_ROLE',
      why: "did you mean 'router'?",
    });
  });

  it('refuses what only a setup command gives', () => {
    const next = {
      primary: 'kato node setup --help',
      load_balancer: 'on a, once it is attached: kato node setup load_balancer',
    };
    for (const [role, said] of Object.entries(next)) {
      assert.throws(() => add(cluster, [role]), { code: 'ROLE_EXCLUDED', next: said });
    }
  });

  it('refuses a second role on a load balancer', () => {
    const balanced = clusterWith({ a: ['load_balancer'] });
    assert.throws(() => add(balanced, ['redis']), {
      code: 'ROLE_EXCLUDED',
      why: "a node with 'load_balancer' has no other role",
      next: "give 'redis' to another node, or remove 'load_balancer' first, with --force where it is the last: kato role remove -n a load_balancer",
    });
  });

  it('refuses a node itself what its token left out, not an admin', () => {
    const limited = withNode(cluster, 'a', { allowedRoles: ['redis'] });
    const next = 'on an admin node, such as the core: kato role add -n a router';
    assert.throws(() => add(limited, ['router'], {}, 'a'), { code: 'NOT_ALLOWED', next });
    assert.ok(add(limited, ['router'], {}, 'core').changed);
  });

  it('refuses a role that the kato on the node does not know', () => {
    const old = withNode(cluster, 'a', { catalogue: ['base', 'redis'], version: '0.0.9' });
    assert.throws(() => add(old, ['router']), {
      code: 'VERSION',
      why: 'kato 0.0.9 on it has no roles/router.yml',
    });
  });

  it('refuses one that needs another, and says so', () => {
    const { cluster: before, give } = withCache({ needs: ['memcached'] });
    const { commands } = hint(
      refusalOf(() => give(before, 'a', ['cache'])).next,
      'domain/roles/roles.ts: add it first: kato role add ${missing}',
    );
    const role = commands[0]!.split(' ').at(-1)!;
    const { cluster: after } = give(before, 'a', [role]);
    assert.deepEqual(rolesOf(give(after, 'a', ['cache']).cluster).slice(-1), ['cache']);
  });

  it('refuses two that cannot share a node, also where both are new', () => {
    const { cluster: before, give } = withCache({ excludes: ['memcached'] });
    const { values } = hint(
      refusalOf(() => give(before, 'a', ['cache', 'memcached'])).next,
      "domain/roles/roles.ts: give '${fresh}' to another node",
    );
    const rest = ['cache', 'memcached'].filter((name) => name !== values[0]);
    const { cluster: half } = give(before, 'a', rest);
    assert.ok(give(half, 'b', values).changed);
  });

  it('refuses one that another node has, where one may have it', () => {
    const { cluster: before, give, take } = withCache({ perCluster: { min: 0, max: 1 } });
    const { cluster: held } = give(before, 'a', ['cache']);
    const { values } = hint(
      refusalOf(() => give(held, 'b', ['cache'])).next,
      'domain/roles/roles.ts: remove it from another node first: kato role remove -n NODE ${name}',
    );
    const { cluster: free } = take(held, 'a', values);
    assert.ok(give(free, 'b', values).changed);
  });

  /** Two nodes and a core that know one more role, which is like redis but for what is given. */
  function withCache(changes: Partial<RoleDefinition>) {
    const redis = catalogue.roles.get('redis')!;
    const roles = new Map([
      ...catalogue.roles,
      ['cache', { ...redis, name: 'cache', processes: [], settings: {}, ...changes }],
    ]);
    const knows = { catalogue: [...roles.keys()] };
    const all = withNode(clusterWith({ a: [], b: [] }), 'core', knows);
    const both = withNode(all, 'a', knows);
    const by = asked({ catalogue: { ...catalogue, roles } });
    return {
      cluster: withNode(both, 'b', knows),
      give: (before: Cluster, node: string, names: string[]) =>
        addRoles(before, { ...ADD, node, roles: names }, by),
      take: (before: Cluster, node: string, names: string[]) =>
        removeRoles(before, { ...REMOVE, node, roles: names }, by),
    };
  }

  function refusalOf(wrong: () => unknown): KatoError {
    try {
      wrong();
    } catch (error) {
      return error as KatoError;
    }
    throw new Error('it was not refused');
  }
});

describe('removing roles', () => {
  const cluster = clusterWith({ a: ['redis', 'postgresql', 'router'] });

  it('keeps the data unless it is to be deleted', () => {
    const kept = remove(cluster, ['redis']);
    assert.deepEqual(kept.result.removed, ['redis']);
    assert.deepEqual(kept.cluster.nodes.a!.purged, []);
    const purged = remove(kept.cluster, ['redis'], { purgeData: true });
    assert.deepEqual(purged.result.already, ['redis']);
    assert.deepEqual(purged.cluster.nodes.a!.purged, ['redis']);
    assert.equal(remove(purged.cluster, ['redis'], { purgeData: true }).changed, false);
  });

  it('deletes the data of all that go when all go', () => {
    const { cluster: after } = remove(cluster, [], { selection: 'all', purgeData: true });
    assert.deepEqual(rolesOf(after), ['base']);
    assert.deepEqual(after.nodes.a!.purged, ['redis', 'postgresql']);
  });

  it('never deletes data of a role that came back', () => {
    const purged = remove(cluster, ['redis'], { purgeData: true }).cluster;
    assert.deepEqual(add(purged, ['redis']).cluster.nodes.a!.purged, []);
  });

  it('removes all but some', () => {
    const { result } = remove(cluster, ['router'], { selection: 'all-but' });
    assert.deepEqual(result.removed, ['redis', 'postgresql']);
  });

  it('leaves the last controller where it is, and says what to do', () => {
    assert.throws(() => remove(cluster, ['controller'], { node: 'core' }), {
      code: 'ROLE_NEEDED',
      message: "the cluster needs the role 'controller' on a node",
      why: 'after this no node would have it',
      next: 'add it to another node first: kato role add -n NODE controller',
    });
    const two = clusterWith({ a: ['controller'] });
    assert.ok(remove(two, ['controller'], { node: 'core' }).changed);
  });

  it('leaves every node its agent', () => {
    assert.throws(() => remove(cluster, ['base']), { code: 'ROLE_NEEDED' });
  });
});
