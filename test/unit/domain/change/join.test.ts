import assert from 'node:assert/strict';
import type { Cluster, Token } from '../../../../src/domain/document/cluster.ts';
import { findNode } from '../../../../src/domain/nodes/find-node.ts';
import { freeName, type Join, join } from '../../../../src/domain/nodes/join.ts';
import { confirmNode, dropAbandoned } from '../../../../src/domain/nodes/leave.ts';
import { asked, catalogue, clusterWith, later, NOW, tokenOf } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

const at = (time: string) => asked({ by: 'new', at: time });

function joiner(changes: Partial<Join> = {}): Join {
  return {
    nodeId: 'new',
    tokenId: 't1',
    secretHash: 'hash-t1',
    key: 'UNEW',
    name: 'web',
    nameChosen: false,
    hostname: 'web.example.com',
    address: '10.0.0.50',
    machineId: 'machine-new',
    version: '0.1.0',
    catalogue: [...catalogue.roles.keys()],
    roles: [],
    noStart: false,
    force: false,
    coreVersion: '0.1.3',
    pendingUntil: later(300),
    gone: [],
    ...changes,
  };
}

function withToken(changes: Partial<Token> = {}, others: Record<string, string[]> = {}): Cluster {
  return clusterWith(others, { tokens: { t1: tokenOf('t1', changes) } });
}

describe('joining', () => {
  it('gives the machine its roles, pending until it shows its own key, and spends the token', () => {
    const joined = join(withToken(), joiner({ roles: ['redis'] }), at(NOW));
    const { cluster, result } = joined;
    assert.deepEqual(result, { nodeId: 'new', name: 'web' });
    assert.deepEqual(touched(withToken(), joined), ['core', 'new'], 'the bus is to know it');
    assert.deepEqual(Object.keys(cluster.nodes.new!.roles), ['base', 'redis']);
    assert.equal(cluster.nodes.new!.pendingUntil, later(300));
    assert.equal(cluster.nodes.new!.admin, false);
    assert.equal(cluster.tokens.t1!.usesLeft, 0);
  });

  it('adds roles stopped when they are not to start', () => {
    const { cluster } = join(withToken(), joiner({ roles: ['redis'], noStart: true }), at(NOW));
    assert.deepEqual(cluster.nodes.new!.roles, {
      base: { stopped: null },
      redis: { stopped: { by: 'new', at: NOW } },
    });
  });

  it('again with the same key is the same join and uses the token once', () => {
    const first = join(withToken(), joiner(), at(NOW));
    const again = join(first.cluster, joiner({ nodeId: 'other' }), at(later(5)));
    assert.equal(again.changed, false);
    assert.deepEqual(again.result, first.result);
    assert.equal(again.cluster.tokens.t1!.usesLeft, 0);
  });

  it('names what is wrong with a token, and never its secret', () => {
    const cases: [Partial<Token>, Partial<Join>, string][] = [
      [{}, { tokenId: 't2' }, 'TOKEN_UNKNOWN'],
      [{}, { secretHash: 'another' }, 'TOKEN_UNKNOWN'],
      [{ usesLeft: 0 }, {}, 'TOKEN_USED'],
      [{ revokedAt: NOW }, {}, 'TOKEN_REVOKED'],
      [{ expiresAt: NOW }, {}, 'TOKEN_EXPIRED'],
      [{ roles: ['router'] }, { roles: ['redis'] }, 'TOKEN_ROLE'],
      [{}, { coreVersion: '0.2.0' }, 'VERSION'],
      [{}, { roles: ['primary'] }, 'ROLE_EXCLUDED'],
      [{}, { roles: ['redis'], catalogue: ['base'] }, 'VERSION'],
      [{}, { roles: ['rediss'] }, 'UNKNOWN_ROLE'],
    ];
    for (const [token, params, code] of cases) {
      const wrong = () => join(withToken(token), joiner(params), at(NOW));
      assert.throws(wrong, (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        return !JSON.stringify(error).includes('hash-t1');
      });
    }
  });

  it('of another version is let in when a person accepts that', () => {
    const forced = join(withToken(), joiner({ coreVersion: '0.2.0', force: true }), at(NOW));
    assert.ok(forced.changed);
  });

  it('limits later roles to those of the token, and makes an admin only of an admin token', () => {
    const limited = join(withToken({ roles: ['redis'] }), joiner({ roles: ['redis'] }), at(NOW));
    assert.deepEqual(limited.cluster.nodes.new!.allowedRoles, ['redis']);
    const admin = join(withToken({ admin: true }), joiner(), at(NOW));
    assert.equal(admin.cluster.nodes.new!.admin, true);
  });

  it('renames machines that all carry one host name, as clones do', () => {
    const first = join(withToken({ usesLeft: 2 }), joiner(), at(NOW));
    const clone = joiner({ nodeId: 'n2', key: 'UTWO', address: '10.0.0.51' });
    assert.equal(join(first.cluster, clone, at(NOW)).result.name, 'web-2');
    const chosen = () => join(first.cluster, { ...clone, nameChosen: true }, at(NOW));
    assert.throws(chosen, { code: 'CONFLICT', next: 'give another with --name, such as web-2' });
    const long = 'a'.repeat(63);
    assert.equal(freeName(long, new Set([long])).length, 63);
  });
});

describe('a wiped machine', () => {
  const others = { web: ['router'] };
  const sameAddress = { address: '10.0.0.2' };
  const shown = (cluster: Cluster, replacedIsGone = true) => {
    const { version, catalogue: roles } = cluster.nodes.new!;
    const params = { node: 'new', version, catalogue: roles, replacedIsGone };
    return confirmNode(cluster, params, at(later(5))).cluster;
  };

  it('takes the place of its dead record once it has shown its key, and not before', () => {
    const joined = join(
      withToken({}, others),
      joiner({ ...sameAddress, gone: ['web'] }),
      at(NOW),
    ).cluster;
    assert.deepEqual(Object.keys(joined.nodes), ['core', 'web', 'new']);
    assert.equal(joined.nodes.new!.name, 'web');
    assert.equal(findNode(joined, 'web').id, 'web', 'the name is still that of the old one');
    const { nodes, former } = shown(joined);
    assert.deepEqual(Object.keys(nodes), ['core', 'new']);
    assert.deepEqual([former.web!.key, former.web!.replacedBy], ['UWEB', 'new']);
    assert.equal('replaces' in nodes.new!, false);
  });

  it('leaves the old record as it was when it never shows its key', () => {
    const joined = join(
      withToken({}, others),
      joiner({ ...sameAddress, gone: ['web'] }),
      at(NOW),
    ).cluster;
    const { cluster } = dropAbandoned(joined, later(300));
    assert.deepEqual(cluster.nodes, withToken({}, others).nodes);
  });

  it('goes itself when the old one has come back before that', () => {
    const joined = join(
      withToken({}, others),
      joiner({ ...sameAddress, gone: ['web'] }),
      at(NOW),
    ).cluster;
    const { nodes, former } = shown(joined, false);
    assert.deepEqual(nodes, withToken({}, others).nodes);
    assert.ok(former.new, 'and is told so when it asks');
  });

  it('takes no place of which its token does not allow all', () => {
    const dead = joiner({ ...sameAddress, gone: ['web'] });
    const limited = () => join(withToken({ roles: ['redis'] }, others), dead, at(NOW));
    assert.throws(limited, { code: 'CONFLICT', why: /does not allow all that it has/ });
    const trusted = () => join(withToken({}, { web: ['controller'] }), dead, at(NOW));
    assert.throws(trusted, { code: 'CONFLICT', next: /kato node remove web/ });
    assert.ok(join(withToken({ admin: true }, { web: ['controller'] }), dead, at(NOW)).changed);
    const byMachine = joiner({ machineId: 'machine-web', gone: ['web'] });
    const beside = join(withToken({ roles: [] }, others), byMachine, at(NOW)).cluster;
    assert.equal(beside.nodes.new!.replaces, undefined);
  });

  it('takes it by its machine id when its address is new', () => {
    const machine = joiner({ machineId: 'machine-web', gone: ['web'] });
    const { cluster } = join(withToken({}, others), machine, at(NOW));
    assert.deepEqual(Object.keys(shown(cluster).nodes), ['core', 'new']);
  });

  it('never takes the place of a live record', () => {
    const taken = () => join(withToken({}, others), joiner(sameAddress), at(NOW));
    assert.throws(taken, { code: 'CONFLICT' });
  });

  it('never takes the place of the core, dead or not', () => {
    const core = joiner({ address: '10.0.0.1', gone: ['core'] });
    assert.throws(() => join(withToken(), core, at(NOW)), { code: 'CONFLICT' });
  });

  it('without a machine id is not taken for every other machine without one', () => {
    const before = withToken({}, others);
    const web = { ...before.nodes.web!, machineId: '' };
    const cluster = { ...before, nodes: { ...before.nodes, web } };
    const after = join(cluster, joiner({ machineId: '', gone: ['web'] }), at(NOW)).cluster;
    assert.deepEqual(Object.keys(after.nodes), ['core', 'web', 'new']);
  });

  it('stands beside a live clone that has the same machine id', () => {
    const clone = joiner({ machineId: 'machine-web' });
    const { cluster } = join(withToken({}, others), clone, at(NOW));
    assert.deepEqual(Object.keys(cluster.nodes), ['core', 'web', 'new']);
  });
});

describe('a join that broke off', () => {
  const pending = () => join(withToken({ usesLeft: 2 }), joiner(), at(NOW)).cluster;
  const again = { nodeId: 'n2', key: 'UTWO', pendingUntil: later(700) };
  const another = joiner({ ...again, machineId: 'machine-two' });

  it('gives way at once to the same machine, wiped meanwhile', () => {
    const { cluster } = join(pending(), joiner(again), at(later(1)));
    assert.deepEqual(Object.keys(cluster.nodes), ['core', 'n2']);
    assert.deepEqual(cluster.former, {});
  });

  it('keeps its address from others until its time is over, and then gives way', () => {
    assert.throws(() => join(pending(), another, at(later(299))), { code: 'CONFLICT' });
    const { cluster } = join(pending(), another, at(later(300)));
    assert.deepEqual(Object.keys(cluster.nodes), ['core', 'n2']);
    assert.deepEqual(cluster.former, {});
  });

  it('is gone without a trace when its time is over', () => {
    assert.equal(dropAbandoned(pending(), later(299)).changed, false);
    const { cluster, result } = dropAbandoned(pending(), later(300));
    assert.deepEqual(result, ['new']);
    assert.deepEqual(Object.keys(cluster.nodes), ['core']);
    assert.deepEqual(cluster.former, {});
  });
});
