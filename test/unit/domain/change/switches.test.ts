import assert from 'node:assert/strict';
import {
  type ProcessSwitch,
  switchProcesses,
} from '../../../../src/domain/change/process-switch.ts';
import { type RoleSwitch, switchRoles } from '../../../../src/domain/change/role-switch.ts';
import type { Cluster } from '../../../../src/domain/cluster.ts';
import { asked, clusterWith, NOW } from '../../../support/clusters.ts';

function turn(cluster: Cluster, to: RoleSwitch['to'], roles: string[], node = 'a') {
  return switchRoles(cluster, { node, roles, to }, asked());
}

function turnProcess(
  cluster: Cluster,
  to: ProcessSwitch['to'],
  processes: string[],
  bootId = 'boot-1',
) {
  return switchProcesses(cluster, { node: 'a', processes, to, bootId }, asked());
}

const cluster = clusterWith({ a: ['redis', 'router'] });

describe('stopping and starting roles', () => {
  it('keeps a stop until somebody starts the role, and says who stopped it', () => {
    const stopped = turn(cluster, 'stop', ['redis']);
    assert.deepEqual(stopped.result, { node: 'a', roles: ['redis'], already: [] });
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
    assert.deepEqual(turn(cluster, 'stop', [], 'core').result.roles, ['router']);
    const two = clusterWith({ a: ['controller'] });
    assert.deepEqual(turn(two, 'stop', [], 'core').result.roles, ['controller', 'router']);
  });

  it('refuses to stop the bus or the last controller, and says what to do', () => {
    for (const role of ['primary', 'controller']) {
      assert.throws(() => turn(cluster, 'stop', [role], 'core'), {
        code: 'ROLE_NEEDED',
        why: 'without the bus and a controller no command could start it again',
        next: 'hold its process until the next boot: kato process stop -n core PROCESS',
      });
    }
  });

  it('refuses to switch the agent, which no role change would stop', () => {
    for (const to of ['start', 'stop', 'restart'] as const) {
      const { code, next } = { code: 'NOT_FOUND', next: /^kato node halt stops the whole node/ };
      assert.throws(() => turn(cluster, to, ['base']), { code, next });
    }
  });

  it('refuses a role that the node does not have', () => {
    assert.throws(() => turn(cluster, 'start', ['memcached']), { code: 'NOT_FOUND' });
  });

  it('restarts with one more count each time, and starts what was stopped', () => {
    const once = turn(cluster, 'restart', ['redis']).cluster;
    const twice = turn(turn(once, 'stop', ['redis']).cluster, 'restart', ['redis']).cluster;
    assert.deepEqual(twice.nodes.a!.restarts, { redis: 2 });
    assert.deepEqual(twice.nodes.a!.roles.redis, { stopped: null });
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
  });

  it('spares the bus and the last controller when all are meant', () => {
    const all = { node: 'core', processes: [], to: 'stop', bootId: 'boot-1' } as const;
    const held = switchProcesses(cluster, { ...all, processes: [] }, asked());
    assert.deepEqual(held.result.processes, ['router']);
  });

  it('waits for nobody when the bus or the last controller is held: nobody could answer', () => {
    const hold = (process: string) =>
      switchProcesses(
        cluster,
        { node: 'core', processes: [process], to: 'stop', bootId: 'boot-1' },
        asked(),
      ).touched;
    assert.deepEqual(hold('nats-server'), []);
    assert.deepEqual(hold('controller'), []);
    assert.deepEqual(hold('router'), ['core']);
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
