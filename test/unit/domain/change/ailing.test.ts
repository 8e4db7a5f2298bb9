import assert from 'node:assert/strict';
import type { Asked } from '../../../../src/domain/document/change.ts';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import type { Presence } from '../../../../src/domain/nodes/presence.ts';
import { removeRoles } from '../../../../src/domain/roles/role-changes.ts';
import { switchRoles } from '../../../../src/domain/roles/role-switch.ts';
import { asked, who } from '../../../support/clusters.ts';
import { AILING, TAKEN, thrown, told, twoWith } from '../../../support/last.ts';

function remove(cluster: Cluster, role: string, node: string, by: Asked) {
  const params = { node, roles: [role], selection: 'named', purgeData: false } as const;
  return removeRoles(cluster, { ...params, roles: [role], force: false }, by);
}

describe('who serves a role that is missed, by what nodes report', () => {
  it('is who reports its processes to run, or has not reported since it booted', () => {
    const { cluster } = twoWith('router', 'none');
    const taken = (other: Pick<Presence, 'report'>) =>
      remove(cluster, 'router', 'last', asked(who({ other })));
    const idle = [
      [told('router', 'FATAL'), 'failed'],
      [told('router', 'STARTING', true), 'failed'],
      [told('router', 'STOPPED'), 'starting'],
      [told('router', 'ROGUE'), 'starting'],
      [told('router', 'STARTING'), 'starting'],
      [told('router', 'STOPPED', false, true), 'starting'],
      [told('another', 'RUNNING'), 'starting'],
    ] as const;
    for (const [other, state] of idle) {
      assert.match(thrown(() => taken(other)).why!, new RegExp(`, other \\(${state}\\)$`));
    }
    assert.ok(taken(told('router', 'RUNNING')).changed);
    assert.ok(taken({ report: null }).changed);
    assert.ok(taken(told('router', 'RUNNING', true)).changed, 'it goes on with its old config');
  });

  it('is not asked where another one serves: what fails or starts is taken away', () => {
    for (const role of ['router', 'load_balancer', 'controller']) {
      for (const idle of AILING) {
        const { cluster, by } = twoWith(role, idle);
        assert.ok(remove(cluster, role, 'other', by).changed);
        const stop = { node: 'other', roles: [role], to: 'stop', force: false } as const;
        assert.deepEqual(switchRoles(cluster, { ...stop, roles: [role] }, by).result.roles, [role]);
      }
    }
  });

  it('may be who fails or starts at this moment: the only one is not taken', () => {
    for (const role of ['router', 'controller']) {
      for (const idle of AILING) {
        const { cluster, by } = twoWith(role, idle);
        const last = by.presence('other');
        const alone = asked(who({ last, other: { gone: 'dead' } }));
        for (const [way, take] of Object.entries(TAKEN)) {
          const { code, why } = thrown(() => take(cluster, role, alone, false));
          assert.equal(code, 'ROLE_NEEDED', way);
          assert.doesNotMatch(why!, /last \(/);
        }
        assert.ok(remove(cluster, role, 'other', asked(who({ other: { gone: 'dead' } }))).changed);
      }
    }
  });

  it('is needed until another one does: of two that fail none is taken', () => {
    const { cluster, by } = twoWith('router', 'failed');
    const both = asked(who({ other: by.presence('other'), last: by.presence('other') }));
    for (const take of Object.values(TAKEN)) {
      assert.match(thrown(() => take(cluster, 'router', both, false)).why!, /other \(failed\)$/);
      assert.ok(take(cluster, 'router', both, true));
    }
  });
});
