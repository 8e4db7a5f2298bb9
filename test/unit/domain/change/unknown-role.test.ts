import assert from 'node:assert/strict';
import { createToken } from '../../../../src/domain/access/tokens.ts';
import type { KatoError } from '../../../../src/domain/base/error.ts';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import { changeSetting } from '../../../../src/domain/document/setting-changes.ts';
import { join } from '../../../../src/domain/nodes/join.ts';
import { removeNodes } from '../../../../src/domain/nodes/leave.ts';
import type { Catalogue } from '../../../../src/domain/roles/role.ts';
import { addRoles, removeRoles } from '../../../../src/domain/roles/role-changes.ts';
import { switchRoles } from '../../../../src/domain/roles/role-switch.ts';
import { checksOf } from '../../../../src/domain/telling/checks.ts';
import type { Status } from '../../../../src/domain/telling/status.ts';
import { roleSecrets, sharedPrefixesOf } from '../../../../src/operations/secrets.ts';
import {
  asked,
  catalogue,
  clusterWith,
  nodeOf,
  tokenOf,
  withNode,
} from '../../../support/clusters.ts';
import { reportOf } from '../../../support/reports.ts';
import { told } from '../../../support/statuses.ts';

const NAMES = [...catalogue.roles.keys()];
const SHOUTS = { catalogue: [...NAMES, 'shout'] };
const redis = catalogue.roles.get('redis')!;
const shout = { ...redis, name: 'shout', processes: [{ ...redis.processes[0]!, name: 'shout' }] };
/** As that machine has it on which a person wrote roles/shout.yml. */
const knowing: Catalogue = { ...catalogue, roles: new Map([...catalogue.roles, ['shout', shout]]) };

const settings = { shout: { port: 7007 } };
/** The core lacks the role that db has. */
const held = withNode(clusterWith({ db: ['redis', 'shout'] }, { settings }), 'db', SHOUTS);

const ADD = { node: 'db', selection: 'named', noStart: false, force: false } as const;
const REMOVE = { node: 'db', selection: 'named', purgeData: false, force: false } as const;

describe('a role of a node that this kato does not know', () => {
  it('can be taken away, with its node too', () => {
    const { cluster, result } = removeRoles(held, { ...REMOVE, roles: ['shout'] }, asked());
    assert.deepEqual(result, { node: 'db', added: [], removed: ['shout'], already: [] });
    assert.deepEqual(Object.keys(cluster.nodes.db!.roles), ['base', 'redis']);
    const rest = removeRoles(held, { ...REMOVE, selection: 'all', roles: [] }, asked());
    assert.deepEqual(Object.keys(rest.cluster.nodes.db!.roles), ['base']);
    const gone = { nodes: ['db'], awaited: () => false, force: false };
    assert.ok(!('db' in removeNodes(held, gone, asked()).cluster.nodes));
  });

  it('is not one that nobody has', () => {
    for (const roles of [['shuot'], ['constructor']]) {
      assert.throws(() => removeRoles(held, { ...REMOVE, roles }, asked()), {
        code: 'UNKNOWN_ROLE',
      });
    }
  });

  it('keeps its data, since nobody here knows of what that is', () => {
    const purge = { ...REMOVE, purgeData: true, roles: ['shout'] };
    assert.throws(() => removeRoles(held, purge, asked()), { code: 'VERSION' });
  });

  it('stands in the way of no other change, and keeps its settings', () => {
    const change = { component: 'redis', key: 'port', act: 'set', value: 6380 } as const;
    const moved = changeSetting(held, change, asked()).cluster;
    const added = addRoles(moved, { ...ADD, roles: ['memcached'] }, asked()).cluster;
    const stop = { node: 'db', roles: [], force: false };
    const stopped = switchRoles(added, { ...stop, to: 'stop' }, asked());
    assert.deepEqual(stopped.result.roles, ['redis', 'memcached']);
    assert.deepEqual(stopped.cluster.settings.shout, { port: 7007 });
    assert.ok('shout' in stopped.cluster.nodes.db!.roles);
  });

  it('has no secrets here', () => {
    assert.deepEqual(Object.keys(roleSecrets(catalogue, held, 'db')), ['node/db/redis/password']);
    assert.deepEqual(sharedPrefixesOf(held.nodes.db!, catalogue), []);
  });

  it('is shown as unknown, with the machine that lacks it', () => {
    const roles = { redis: ['redis'], shout: ['shout'] };
    const reports = [
      reportOf('core', { 'nats-server': 'RUNNING', controller: 'RUNNING', router: 'RUNNING' }),
      reportOf('db', { redis: 'RUNNING', shout: 'RUNNING' }, { roles }),
    ];
    const status = told(held, reports);
    const { warnings, nodes } = status;
    assert.deepEqual(warnings, [
      {
        code: 'ROLE_UNKNOWN',
        message: "core does not know the role 'shout' of db: it has no roles/shout.yml",
        node: 'core',
      },
    ]);
    const shown = nodes
      .find(({ name }) => name === 'db')!
      .roles.find((one) => one.name === 'shout');
    assert.equal(shown?.state, 'unknown');
    assert.deepEqual(
      shown.processes.map(({ name, state }) => [name, state]),
      [['shout', 'RUNNING']],
    );
    const disks = [{ folder: '/var/lib/kato', holds: '', free: 0.5 }];
    const checks = checksOf({ catalogue, status, certificates: [], disks, nowMs: 0 });
    assert.deepEqual(
      checks.filter(({ level }) => level !== 'ok').map(({ name, level }) => [name, level]),
      [['roles', 'warning']],
    );
  });

  it('is shown as unknown where its own node lacks it', () => {
    const all = withNode(withNode(held, 'core', SHOUTS), 'db', { catalogue: NAMES });
    const of = (cluster: Cluster) => ofRoles(told(cluster, [], { catalogue: knowing }));
    assert.deepEqual(
      of(all).map(({ code, node }) => [code, node]),
      [['ROLE_UNKNOWN', 'db']],
    );
    assert.deepEqual(of(withNode(all, 'db', SHOUTS)), []);
  });
});

/** Nobody has reported here, so that pools have nobody who serves. */
function ofRoles({ warnings }: Status): Status['warnings'] {
  return warnings.filter(({ code }) => code.startsWith('ROLE_'));
}

describe('a role that only the controller lacks that answers', () => {
  it('is shown with its nodes, though each has said that it knows it', () => {
    const two = clusterWith({ db: ['shout'], more: ['shout'] });
    const all = ['core', 'db', 'more'].reduce((now, name) => withNode(now, name, SHOUTS), two);
    const said = (cluster: Cluster) => ofRoles(told(cluster, [])).map(({ message }) => message);
    assert.deepEqual(said(all), [
      "the controller that answers does not know the role 'shout' of db and 1 more: it has no roles/shout.yml",
    ]);
    const one = removeNodes(all, { nodes: ['more'], awaited: () => false, force: false }, asked());
    assert.deepEqual(said(one.cluster), [
      "the controller that answers does not know the role 'shout' of db: it has no roles/shout.yml",
    ]);
  });
});

describe('a role that a controller does not know', () => {
  const token = tokenOf('t1');
  const bare = withNode(clusterWith({ db: [] }, { tokens: { t1: token } }), 'db', SHOUTS);
  const by = asked({ catalogue: knowing });
  const given: Record<string, (cluster: Cluster) => unknown> = {
    'kato role add': (cluster) => addRoles(cluster, { ...ADD, roles: ['shout'] }, by),
    'kato node attach': (cluster) => join(cluster, joinerOf(token.secretHash), by),
    'kato token create': (cluster) => createToken(cluster, TOKEN, by),
  };

  for (const [command, give] of Object.entries(given)) {
    it(`is given to nobody by ${command}, and is once all controllers know it`, () => {
      assert.throws(
        () => give(bare),
        ({ code, message, why }: KatoError) => {
          assert.equal(code, 'VERSION');
          assert.equal(message, "node core does not know the role 'shout'");
          assert.equal(why, 'kato 0.1.0 on it has no roles/shout.yml');
          return true;
        },
      );
      assert.ok(give(withNode(bare, 'core', SHOUTS)));
    });
  }

  it('is not said to be no role by that controller', () => {
    assert.throws(() => addRoles(bare, { ...ADD, roles: ['shout'] }, asked()), {
      code: 'VERSION',
      message: "the controller does not know the role 'shout'",
    });
  });
});

const TOKEN = {
  id: 't2',
  secretHash: 'hash',
  key: 'UJOIN',
  roles: ['shout'],
  admin: false,
  uses: 1,
  ttlSeconds: 60,
};

function joinerOf(secretHash: string) {
  const { id, name, hostname, key, machineId, version } = nodeOf('new', []);
  return {
    ...{ nodeId: id, tokenId: 't1', secretHash, key, name, nameChosen: false, hostname, machineId },
    ...{ address: '10.0.0.50', version, ...SHOUTS, roles: ['shout'], noStart: false, force: false },
    ...{ coreVersion: version, pendingUntil: '2099-01-01T00:00:00.000Z', gone: [] },
  };
}
