import assert from 'node:assert/strict';
import {
  createToken,
  revokeToken,
  type TokenCreate,
  tokenInfo,
} from '../../../../src/domain/access/tokens.ts';
import { asked, clusterWith, later, NOW, tokenOf } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

const DAY_SECONDS = 86_400;

function params(changes: Partial<TokenCreate> = {}): TokenCreate {
  const made = { id: 't1', secretHash: 'hash-t1', key: 'UJOIN', roles: null, admin: false };
  return { ...made, uses: 1, ttlSeconds: 3600, ...changes };
}

describe('tokens', () => {
  it('are good for an hour and one node, and the bus hears of them', () => {
    const created = createToken(clusterWith(), params(), asked());
    const { cluster, result } = created;
    assert.equal(result.expiresAt, later(3600));
    assert.equal(result.state, 'usable');
    assert.deepEqual(touched(clusterWith(), created), ['core']);
    assert.equal(cluster.tokens.t1!.createdBy, 'core');
    assert.ok(!('secretHash' in result));
  });

  it('may be limited to roles, groups written out', () => {
    const { result } = createToken(clusterWith(), params({ roles: ['data-services'] }), asked());
    assert.deepEqual(result.roles, ['memcached', 'postgresql', 'redis']);
    const wrong = () => createToken(clusterWith(), params({ roles: ['nothing'] }), asked());
    assert.throws(wrong, { code: 'UNKNOWN_ROLE' });
  });

  it('are not made for a role that no node which joins can have', () => {
    const make = (roles: string[]) => createToken(clusterWith(), params({ roles }), asked());
    assert.throws(() => make(['router', 'primary']), {
      code: 'ROLE_LIMIT',
      message: "no node that joins can have the role 'primary'",
      next: 'a token may allow base, load_balancer, memcached, postgresql, redis, router',
    });
    assert.deepEqual(make(['load_balancer']).result.roles, ['load_balancer']);
  });

  it('give no role that holds secrets of the cluster, unless they make admins', () => {
    const make = (admin: boolean) =>
      createToken(clusterWith(), params({ roles: ['controller'], admin }), asked());
    assert.throws(() => make(false), { code: 'NOT_ALLOWED', next: /kato role add -n NODE/ });
    assert.deepEqual(make(true).result.roles, ['controller']);
  });

  it('have limits, and an id that is nobody else’s', () => {
    for (const wrong of [{ uses: 0 }, { uses: 1.5 }, { uses: 10_001 }, { ttlSeconds: 2_592_001 }]) {
      assert.throws(() => createToken(clusterWith(), params(wrong), asked()), {
        code: 'BAD_VALUE',
      });
    }
    const first = createToken(clusterWith(), params(), asked()).cluster;
    assert.throws(() => createToken(first, params(), asked()), { code: 'CONFLICT' });
  });

  it('are not another one that a person may have meant: it is named', () => {
    const cluster = clusterWith({}, { tokens: { k3m9x2qa: tokenOf('k3m9x2qa') } });
    const revoke = (id: string) => () => revokeToken(cluster, { id }, asked());
    assert.throws(revoke('k3m9xq2a'), { code: 'NOT_FOUND', why: "did you mean 'k3m9x2qa'?" });
    assert.throws(revoke('k4m9x2qa'), { code: 'NOT_FOUND', why: undefined });
  });

  it('are revoked once', () => {
    const cluster = clusterWith({}, { tokens: { t1: tokenOf('t1') } });
    const revoked = revokeToken(cluster, { id: 't1' }, asked());
    assert.equal(revoked.result.state, 'revoked');
    assert.equal(revokeToken(revoked.cluster, { id: 't1' }, asked()).changed, false);
    for (const id of ['t2', 'constructor']) {
      assert.throws(() => revokeToken(cluster, { id }, asked()), { code: 'NOT_FOUND' });
    }
  });

  it('say how they ended, for a week', () => {
    const used = tokenOf('used', { usesLeft: 0 });
    assert.equal(tokenInfo(used, NOW).state, 'used');
    assert.equal(tokenInfo(tokenOf('t1'), later(3600)).state, 'expired');
    const before = clusterWith({}, { tokens: { used } });
    const make = (at: string) =>
      Object.keys(createToken(before, params(), asked({ at })).cluster.tokens);
    assert.deepEqual(make(later(7 * DAY_SECONDS)), ['used', 't1']);
    assert.deepEqual(make(later(8 * DAY_SECONDS)), ['t1']);
  });
});
