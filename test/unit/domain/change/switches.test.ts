import assert from 'node:assert/strict';
import type { Cluster } from '../../../../src/domain/document/cluster.ts';
import type { Presence } from '../../../../src/domain/nodes/presence.ts';
import {
  type ProcessSwitch,
  switchProcesses,
} from '../../../../src/domain/roles/process-switch.ts';
import { type RoleSwitch, switchRoles } from '../../../../src/domain/roles/role-switch.ts';
import { asked, clusterWith, NOW, who, withNode } from '../../../support/clusters.ts';
import { reportOf } from '../../../support/reports.ts';

function turn(cluster: Cluster, to: RoleSwitch['to'], roles: string[], node = 'a', force = false) {
  return switchRoles(cluster, { node, roles, to, force }, asked());
}

function turnProcess(
  cluster: Cluster,
  to: ProcessSwitch['to'],
  processes: string[],
  bootId: string | null = 'boot-1',
  force = false,
) {
  const known = asked(who({ a: { bootId } }));
  return switchProcesses(cluster, { node: 'a', processes, to, force, isAnswering: true }, known);
}

const cluster = clusterWith({ a: ['redis', 'router'] });

describe('stopping and starting roles', () => {
  it('keeps a stop until somebody starts the role, and says who stopped it', () => {
    const stopped = turn(cluster, 'stop', ['redis']);
    assert.deepEqual(stopped.result, { node: 'a', roles: ['redis'], already: [], spared: [] });
    assert.deepEqual(stopped.cluster.nodes.a!.roles.redis, { stopped: { by: 'core', at: NOW } });
    const again = turn(stopped.cluster, 'stop', ['redis']);
    assert.equal(again.changed, false);
    assert.deepEqual(again.result.already, ['redis']);
    const started = turn(stopped.cluster, 'start', ['redis']);
    assert.deepEqual(started.cluster.nodes.a!.roles.redis, { stopped: null });
  });

  it('means every role with a process when none is named', () => {
    assert.deepEqual(turn(cluster, 'stop', []).result.roles, ['redis', 'router']);
  });

  it('leaves the bus and the last controller running when all are meant', () => {
    const { roles, spared } = turn(cluster, 'stop', [], 'core').result;
    assert.deepEqual([roles, spared], [['router'], ['primary', 'controller']]);
    const two = clusterWith({ a: ['controller', 'router'] });
    assert.deepEqual(turn(two, 'stop', [], 'core').result.roles, ['controller', 'router']);
  });

  it('refuses to stop the bus or the last controller, and says what to do', () => {
    for (const [role, process] of [
      ['primary', 'nats-server'],
      ['controller', 'controller'],
    ] as const) {
      assert.throws(() => turn(cluster, 'stop', [role], 'core'), {
        code: 'ROLE_NEEDED',
        why: 'without the bus and a controller no command could start it again',
        next: `hold its process until the next boot: kato process stop --force -n core ${process}`,
      });
    }
  });

  it('refuses to stop the last that serves, unless that is said', () => {
    const alone = clusterWith({ a: ['load_balancer'] });
    const tries: [string, string][] = [
      ['core', 'router'],
      ['a', 'load_balancer'],
    ];
    for (const [node, role] of tries) {
      assert.throws(() => turn(alone, 'stop', [role], node), {
        code: 'ROLE_NEEDED',
        next: new RegExp(`kato stop --force -n ${node} ${role}$`),
      });
      assert.deepEqual(turn(alone, 'stop', [], node).result.spared.includes(role), true);
      assert.ok(turn(alone, 'stop', [role], node, true).changed);
    }
    const stopped = turn(cluster, 'stop', ['router'], 'a').cluster;
    assert.throws(() => turn(stopped, 'stop', ['router'], 'core'), { code: 'ROLE_NEEDED' });
    assert.ok(turn(cluster, 'stop', ['redis']).changed, 'a database serves nobody else');
  });

  it('refuses to switch the agent, which no role change would stop', () => {
    for (const to of ['start', 'stop', 'restart'] as const) {
      const { code, next } = { code: 'NOT_FOUND', next: /^kato node halt stops the whole node/ };
      assert.throws(() => turn(cluster, to, ['base']), { code, next });
    }
  });

  it('refuses a role that the node does not have', () => {
    const next = {
      memcached: 'kato role add -n a memcached',
      load_balancer: 'kato status shows which node has it',
      primary: 'kato status shows which node has it',
    };
    for (const [role, said] of Object.entries(next)) {
      const code = 'NOT_FOUND';
      assert.throws(() => turn(cluster, 'stop', [role]), { code, next: said });
    }
  });

  it('restarts with one more count each time', () => {
    const once = turn(cluster, 'restart', ['redis']).cluster;
    const twice = turn(once, 'restart', ['redis']).cluster;
    assert.deepEqual(twice.nodes.a!.restarts, { redis: 2 });
  });

  it('has the role be ready anew where another node serves meanwhile, else it stays in its pool', () => {
    const restarted = (core: Presence['report'], gone: Presence['gone'] = null) => {
      const known = asked(who({ core: { report: core, gone } }));
      const params: RoleSwitch = { node: 'a', roles: ['router'], to: 'restart', force: false };
      return switchRoles(cluster, params, known).cluster.nodes.a!.roles.router!.since;
    };
    const running = reportOf('core', { router: 'RUNNING' });
    assert.equal(restarted(running), cluster.revision + 1);
    assert.equal(restarted(running, 'dead'), undefined);
    assert.equal(restarted(reportOf('core', { router: 'FATAL' })), undefined);
    assert.equal(restarted(null), undefined);
    const busy = { ...running, busy: { router: 1 } };
    assert.equal(restarted(busy), undefined, 'it is about to be restarted itself');
    const anew = withNode(cluster, 'core', {
      roles: { ...cluster.nodes.core!.roles, router: { stopped: null, since: 1 } },
    });
    const whileReady = (ready: Presence['ready']) => {
      const known = asked(who({ core: { report: running, ready } }));
      const params: RoleSwitch = { node: 'a', roles: ['router'], to: 'restart', force: false };
      return switchRoles(anew, params, known).cluster.nodes.a!.roles.router!.since;
    };
    assert.equal(whileReady({}), undefined, 'pools do not know yet that it is back');
    assert.equal(whileReady({ router: { since: 1, number: 1 } }), anew.revision + 1);
  });

  it('does not end a stop or a hold by a restart', () => {
    const stopped = turn(cluster, 'stop', ['redis']).cluster;
    const held = turnProcess(cluster, 'stop', ['redis']).cluster;
    for (const down of [stopped, held]) {
      assert.throws(() => turn(down, 'restart', ['redis']), {
        code: 'CONFLICT',
        next: 'kato start -n a redis',
      });
      const { result, cluster: after } = turn(down, 'restart', []);
      assert.deepEqual([result.roles, result.spared], [['router'], ['redis']]);
      assert.deepEqual(after.nodes.a!.held, down.nodes.a!.held);
      assert.deepEqual(after.nodes.a!.roles.redis, down.nodes.a!.roles.redis);
    }
    assert.throws(() => turnProcess(held, 'restart', ['redis']), {
      code: 'CONFLICT',
      next: 'kato process start -n a redis',
    });
    const ofAnotherBoot = turnProcess(cluster, 'stop', ['redis'], 'boot-0').cluster;
    assert.ok(turn(ofAnotherBoot, 'restart', ['redis']).changed);
  });

  it('ends the hold of a process when its role is started', () => {
    const held = turnProcess(cluster, 'stop', ['redis']).cluster;
    const started = turn(held, 'start', ['redis']);
    assert.deepEqual(started.result.roles, ['redis']);
    assert.deepEqual(started.cluster.nodes.a!.held, {});
  });
});

describe('holding processes', () => {
  it('ends with the boot', () => {
    const held = turnProcess(cluster, 'stop', ['redis']).cluster;
    assert.deepEqual(held.nodes.a!.held, { redis: 'boot-1' });
    assert.equal(turnProcess(held, 'stop', ['redis']).changed, false);
    const nextBoot = turnProcess(held, 'stop', ['redis'], 'boot-2');
    assert.deepEqual(nextBoot.cluster.nodes.a!.held, { redis: 'boot-2' });
    assert.deepEqual(turnProcess(held, 'start', ['redis']).cluster.nodes.a!.held, {});
    assert.throws(() => turnProcess(cluster, 'stop', ['redis'], null), {
      code: 'NODE_UNREACHABLE',
      why: 'a process is held for one boot, and its boot is not known',
    });
  });

  it('spares the bus and the last controller when all are meant', () => {
    const all = { node: 'core', to: 'stop', force: false } as const;
    const held = switchProcesses(cluster, { ...all, processes: [], isAnswering: true }, asked());
    assert.deepEqual(held.result.processes, ['router']);
    assert.deepEqual(held.result.spared, ['nats-server', 'controller']);
  });

  it('refuses to hold what no other node runs, unless that is said', () => {
    const alone = clusterWith({ a: ['load_balancer'] });
    assert.throws(() => turnProcess(alone, 'stop', ['load_balancer']), {
      code: 'ROLE_NEEDED',
      next: /kato process stop --force -n a load_balancer$/,
    });
    assert.ok(turnProcess(alone, 'stop', ['load_balancer'], 'boot-1', true).changed);
    assert.ok(turnProcess(cluster, 'stop', ['router']).changed, 'the core has a router, too');
  });

  it('waits for nobody when the bus or the last controller is held: nobody could answer', () => {
    const hold = (process: string) =>
      switchProcesses(
        cluster,
        { node: 'core', processes: [process], to: 'stop', force: true, isAnswering: true },
        asked(),
      );
    const told = (process: string) => [hold(process).isFollowed, hold(process).result.cutOff];
    assert.deepEqual(told('nats-server'), [false, true]);
    assert.deepEqual(told('controller'), [false, true]);
    assert.deepEqual(told('router'), [true, false]);
  });

  it('does not hold the bus or the last controller where the agent would not do it', () => {
    const all = { node: 'core', to: 'stop', isAnswering: false } as const;
    const hold = (processes: string[], force = true) =>
      switchProcesses(cluster, { ...all, processes, force }, asked());
    for (const process of ['nats-server', 'controller'])
      assert.throws(() => hold(['router', process]), { code: 'NODE_UNREACHABLE' });
    assert.ok(hold(['router']).isFollowed, 'who waits for it is told');
    assert.ok(hold([], false).isFollowed, 'those two are spared');
  });

  it('restarts all processes of the node when none is named', () => {
    const { cluster: after, result } = turnProcess(cluster, 'restart', []);
    assert.deepEqual(result.processes, ['redis', 'router']);
    assert.deepEqual(after.nodes.a!.restarts, { redis: 1, router: 1 });
  });

  it('says that a process of a stopped role cannot be started by itself', () => {
    const stopped = turn(cluster, 'stop', ['redis']).cluster;
    for (const to of ['start', 'restart'] as const) {
      assert.throws(() => turnProcess(stopped, to, ['redis']), {
        code: 'CONFLICT',
        next: 'kato start -n a redis',
      });
      assert.ok(!turnProcess(stopped, to, []).result.processes.includes('redis'));
    }
  });

  it('says what was meant by a process that is not there', () => {
    assert.throws(() => turnProcess(cluster, 'stop', ['rediss']), {
      code: 'NOT_FOUND',
      why: "did you mean 'redis'?",
    });
  });
});
