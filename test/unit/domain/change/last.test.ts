import assert from 'node:assert/strict';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import { removeNodes } from '../../../../src/domain/nodes/leave.ts';
import { switchProcesses } from '../../../../src/domain/roles/process-switch.ts';
import {
  addRoles,
  type RoleAdd,
  type RoleRemove,
  removeRoles,
} from '../../../../src/domain/roles/role-changes.ts';
import { switchRoles } from '../../../../src/domain/roles/role-switch.ts';
import { setupLoadBalancer } from '../../../../src/domain/traffic/load-balancer.ts';
import { asked, clusterWith, NOW, who, withNode } from '../../../support/clusters.ts';
import { IDLE, TAKEN, thrown, twoWith } from '../../../support/last.ts';
import { hint } from '../../../support/said/hint.ts';

function add(cluster: Cluster, roles: string[], changes: Partial<RoleAdd> = {}) {
  const params: RoleAdd = { node: 'a', roles, selection: 'named', noStart: false, force: false };
  return addRoles(cluster, { ...params, ...changes }, asked());
}

function remove(cluster: Cluster, roles: string[], changes: Partial<RoleRemove> = {}) {
  const params = { node: 'a', roles, selection: 'named', purgeData: false, force: false } as const;
  return removeRoles(cluster, { ...params, ...changes }, asked());
}

describe('the last of a role that serves', () => {
  const stopped = { stopped: { by: 'core', at: NOW } };
  const running = { stopped: null };
  const cluster = withNode(clusterWith({ a: ['router', 'controller', 'redis'] }), 'core', {
    roles: { primary: running, router: stopped, controller: stopped },
  });

  it('is not taken away by accident: holders that are stopped serve nobody', () => {
    const told = {
      code: 'ROLE_NEEDED',
      message: /'router' that a would lose/,
      why: 'nobody would serve it: it is also on core (stopped)',
    };
    assert.throws(() => remove(cluster, ['router']), told);
    const rest = ['controller', 'redis'];
    assert.throws(() => add(cluster, rest, { selection: 'only' }), told);
    const { next } = thrown(() => remove(cluster, ['router']));
    const listed =
      'domain/roles/last.ts: let another node serve it first; to take it away anyway, add --force';
    assert.match(hint(next, listed).text, /--force$/);
    assert.deepEqual(remove(cluster, ['router'], { force: true }).result.removed, ['router']);
    const only = add(cluster, rest, { selection: 'only', force: true });
    assert.deepEqual(only.result.removed, ['router']);
    const both = withNode(cluster, 'core', { roles: { primary: running, router: running } });
    assert.ok(remove(both, ['router']).changed);
  });

  it('is the same for the only load balancer', () => {
    const balanced = clusterWith({ a: ['load_balancer'] });
    assert.throws(() => remove(balanced, ['load_balancer']), { code: 'ROLE_NEEDED' });
    assert.ok(remove(balanced, ['load_balancer'], { force: true }).changed);
    const two = clusterWith({ a: ['load_balancer'], b: ['load_balancer'] });
    assert.ok(remove(two, ['load_balancer']).changed);
  });

  it('is never taken where it is the controller: no command could start another', () => {
    const { code, next } = thrown(() => remove(cluster, ['controller'], { force: true }));
    assert.equal(code, 'ROLE_NEEDED');
    const listed =
      'domain/roles/last.ts: start another one first: kato start -n ${startable.name} ${role}';
    assert.deepEqual(hint(next, listed).commands, ['kato start -n core controller']);
    const start = { node: 'core', roles: ['controller'], to: 'start', force: false } as const;
    const two = switchRoles(cluster, { ...start, roles: [...start.roles] }, asked());
    assert.ok(remove(two.cluster, ['controller']).changed);
    const both = withNode(cluster, 'core', {
      roles: { primary: running, controller: running, router: running },
    });
    const dead = thrown(() =>
      removeRoles(
        both,
        { node: 'core', roles: ['controller'], selection: 'named', purgeData: false, force: true },
        asked(who({ a: { gone: 'dead' } })),
      ),
    );
    const another =
      'domain/roles/last.ts: give it to another node first: kato role add -n NODE ${role}';
    assert.deepEqual(hint(dead.next, another).commands, ['kato role add -n NODE controller']);
  });
});

describe('who serves a role that is missed', () => {
  for (const role of ['router', 'load_balancer', 'controller']) {
    for (const [way, take] of Object.entries(TAKEN)) {
      it(`counts alike for ${way} of a ${role}`, () => {
        for (const idle of Object.keys(IDLE)) {
          const { cluster, by } = twoWith(role, idle);
          const refusal = thrown(() => take(cluster, role, by, false));
          assert.equal(refusal.code, 'ROLE_NEEDED', idle);
          if (way !== 'stop' || role !== 'controller') {
            assert.match(refusal.why!, new RegExp(`also on .*other \\(${idle}\\)$`));
          }
          const isForced = role !== 'controller' || way === 'process stop';
          if (isForced) assert.ok(take(cluster, role, by, true));
          else assert.throws(() => take(cluster, role, by, true), { code: 'ROLE_NEEDED' });
        }
        const { cluster, by } = twoWith(role, 'none');
        assert.ok(take(cluster, role, by, false), 'another one serves it');
        const before = withNode(cluster, 'other', { held: { [role]: 'boot-0' } });
        assert.ok(take(before, role, by, false), 'that hold ended with its boot');
      });
    }
  }

  it('is not asked for what does not serve now: nothing is lost by it', () => {
    const gone = { other: { gone: 'dead' }, last: { gone: 'left' } } as const;
    for (const [way, take] of Object.entries(TAKEN)) {
      const { cluster } = twoWith('router', 'none');
      assert.ok(take(cluster, 'router', asked(who(gone)), false), way);
    }
    const { cluster, by } = twoWith('router', 'dead');
    const dead = removeNodes(cluster, { nodes: ['other'], awaited: () => false, force: false }, by);
    assert.deepEqual(Object.keys(dead.cluster.nodes), ['core', 'last']);
    const again = switchRoles(
      cluster,
      { node: 'core', roles: ['router'], to: 'stop', force: false },
      by,
    );
    assert.deepEqual(again.result.already, ['router']);
  });

  it('counts together what goes at once', () => {
    const { cluster, by } = twoWith('router', 'dead');
    const nodes = ['other', 'last'];
    const { message, why } = thrown(() =>
      removeNodes(cluster, { nodes, awaited: () => false, force: false }, by),
    );
    assert.equal(message, "no other node runs the role 'router' that last would lose");
    assert.equal(why, 'nobody would serve it: it is also on core (stopped)');
  });

  it('is spared where all of a node is meant', () => {
    const { cluster, by } = twoWith('router', 'held');
    const all = { node: 'last', to: 'stop', force: false } as const;
    assert.deepEqual(switchRoles(cluster, { ...all, roles: [] }, by).result.spared, ['router']);
    const { result } = switchProcesses(cluster, { ...all, processes: [], isAnswering: true }, by);
    assert.deepEqual([result.processes, result.spared], [[], ['router']]);
  });

  it('is asked when a router becomes a load balancer', () => {
    const { cluster, by } = twoWith('router', 'dead');
    const params = { node: 'last', addresses: [], excludeSelf: false };
    const exchange = (force: boolean) => setupLoadBalancer(cluster, { ...params, force }, by);
    assert.match(thrown(() => exchange(false)).why!, /other \(dead\)$/);
    assert.deepEqual(exchange(true).result.exchanged, ['router']);
  });

  it('cuts commands off where the controller that is held is the last that serves', () => {
    for (const idle of Object.keys(IDLE)) {
      const { cluster, by } = twoWith('controller', idle);
      const hold = { node: 'last', to: 'stop', force: true, isAnswering: true } as const;
      const held = switchProcesses(cluster, { ...hold, processes: ['controller'] }, by);
      assert.deepEqual([held.result.cutOff, held.isFollowed], [true, false], idle);
    }
  });

  it('says no more than five of many that do not', () => {
    const names = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const cluster = clusterWith(
      Object.fromEntries(['a', ...names].map((name) => [name, ['load_balancer']])),
    );
    const dead = Object.fromEntries(names.map((name) => [name, { gone: 'dead' } as const]));
    const { why } = thrown(() =>
      removeNodes(cluster, { nodes: ['a'], awaited: () => false, force: false }, asked(who(dead))),
    );
    assert.equal(
      why,
      'nobody would serve it: it is also on b (dead), c (dead), d (dead), e (dead), f (dead) and 2 more',
    );
  });
});
