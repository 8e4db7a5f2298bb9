import assert from 'node:assert/strict';
import { KatoError } from '../../../../src/domain/base/error.ts';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import {
  addRoles,
  type RoleAdd,
  type RoleRemove,
  removeRoles,
} from '../../../../src/domain/roles/role-changes.ts';
import { switchRoles } from '../../../../src/domain/roles/role-switch.ts';
import { asked, clusterWith, NOW, withNode } from '../../../support/clusters.ts';
import { hint } from '../../../support/said/hint.ts';

function add(cluster: Cluster, roles: string[], changes: Partial<RoleAdd> = {}) {
  const params: RoleAdd = { node: 'a', roles, selection: 'named', noStart: false, force: false };
  return addRoles(cluster, { ...params, ...changes }, asked());
}

function remove(cluster: Cluster, roles: string[], changes: Partial<RoleRemove> = {}) {
  const params = { node: 'a', roles, selection: 'named', purgeData: false, force: false } as const;
  return removeRoles(cluster, { ...params, ...changes }, asked());
}

function thrown(run: () => unknown): KatoError {
  try {
    run();
  } catch (error) {
    if (error instanceof KatoError) return error;
    throw error;
  }
  assert.fail('nothing was refused');
}

describe('the last of a role that serves', () => {
  const stopped = { stopped: { by: 'core', at: NOW } };
  const running = { stopped: null };
  const cluster = withNode(clusterWith({ a: ['router', 'controller', 'redis'] }), 'core', {
    roles: { primary: running, router: stopped, controller: stopped },
  });

  it('is not taken away by accident: holders that are stopped serve nobody', () => {
    const told = { code: 'ROLE_NEEDED', message: /'router' that a would lose/ };
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
    const listed = 'domain/roles/last.ts: start another one first: kato start -n NODE controller';
    assert.deepEqual(hint(next, listed).commands, ['kato start -n NODE controller']);
    const start = { node: 'core', roles: ['controller'], to: 'start', bootId: null } as const;
    const two = switchRoles(cluster, { ...start, roles: [...start.roles], force: false }, asked());
    assert.ok(remove(two.cluster, ['controller']).changed);
  });
});
