import assert from 'node:assert/strict';
import type { Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import { clusterWith, later, NOW, withNode } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { told as status } from '../../support/statuses.ts';

const cluster = clusterWith({ db: ['redis'] });
const coreUp = reportOf('core', {
  'nats-server': 'RUNNING',
  controller: 'RUNNING',
  router: 'RUNNING',
});
const routerUp = (name: string) => reportOf(name, { router: 'RUNNING' });
const codes = (shown: ReturnType<typeof status>) => shown.warnings.map((warning) => warning.code);

describe('the status of a cluster', () => {
  it('has nothing to warn of when all is well', () => {
    const shown = status(cluster, [coreUp, reportOf('db', { redis: 'RUNNING' })]);
    assert.deepEqual(shown.warnings, []);
    assert.deepEqual(
      shown.nodes.map(({ name, state, self, roles }) => [
        name,
        state,
        self,
        roles.map((r) => r.state),
      ]),
      [
        ['core', 'active', true, ['running', 'running', 'running', 'running']],
        ['db', 'active', false, ['running', 'running']],
      ],
    );
  });

  it('tells for a day that a machine took the place of a dead node', () => {
    const former = { id: 'old', name: 'db', key: 'UOLD', awaited: false, replacedBy: 'db' };
    const at = (removedAt: string) =>
      status({ ...cluster, former: { old: { ...former, removedAt } } }, [coreUp]).warnings;
    const [warning] = at(later(-3600));
    assert.deepEqual([warning!.code, warning!.node], ['NODE_REPLACED', 'db']);
    assert.equal(
      warning!.message,
      'a machine with a token took the place of the dead node db (old), at 10.0.0.2',
    );
    assert.deepEqual(at(later(-90_000)), []);
  });

  it('shows a dead node as failed, with the age of its last sign', () => {
    const verdicts: Verdicts = { silent: { db: { state: 'dead', since: NOW } }, outages: {} };
    const shown = status(cluster, [coreUp, reportOf('db', { redis: 'RUNNING' })], {
      verdicts,
      lastSeen: new Map([['db', 42.4]]),
    });
    assert.deepEqual(shown.warnings, [
      { code: 'NODE_DEAD', message: 'db is dead, last seen 42 s ago', node: 'db' },
    ]);
    const redis = shown.nodes[1]!.roles[1]!;
    assert.equal(redis.state, 'failed');
    assert.deepEqual(redis.processes, [{ name: 'redis', state: 'STOPPED', pid: null, since: NOW }]);
  });

  it('warns of a state that has grown large, long before it is full', () => {
    const weighing = (bytes: number) => ({ ...cluster, endpoint: 'x'.repeat(bytes) });
    const up = [coreUp, reportOf('db', { redis: 'RUNNING' })];
    assert.deepEqual(codes(status(weighing(1_900_000), up)), []);
    const [warning, ...others] = status(weighing(2_100_000), up).warnings;
    assert.deepEqual([warning!.code, others], ['STATE_LARGE', []]);
    assert.match(warning!.message, /is 2\.1 MB large/);
  });

  it('shows a node that was shut down as stopped, without a warning', () => {
    const verdicts: Verdicts = { silent: { db: { state: 'left', since: NOW } }, outages: {} };
    const shown = status(cluster, [coreUp, reportOf('db', { redis: 'RUNNING' })], { verdicts });
    assert.deepEqual(shown.warnings, []);
    assert.equal(shown.nodes[1]!.state, 'left');
    assert.equal(shown.nodes[1]!.roles[1]!.state, 'stopped');
  });

  it('shows a node that has not connected yet as joining', () => {
    const joining = withNode(cluster, 'db', { pendingUntil: later(60) });
    assert.equal(status(joining, [coreUp]).nodes[1]!.state, 'joining');
  });

  it('says who stopped a role', () => {
    const roles = { ...cluster.nodes.db!.roles, redis: { stopped: { by: 'core', at: NOW } } };
    const shown = status(withNode(cluster, 'db', { roles }), [
      coreUp,
      reportOf('db', { redis: 'STOPPED' }),
    ]);
    assert.equal(shown.nodes[1]!.roles[1]!.stoppedBy, 'core');
    assert.deepEqual(shown.warnings, [
      { code: 'ROLE_STOPPED', message: 'redis on db is stopped by core', node: 'db' },
    ]);
    const byGone = { ...roles, redis: { stopped: { by: 'n1', at: NOW } } };
    const former = { n1: { id: 'n1', name: 'old', key: 'U', removedAt: NOW, awaited: false } };
    const gone = { ...withNode(cluster, 'db', { roles: byGone }), former };
    assert.equal(status(gone, [coreUp]).nodes[1]!.roles[1]!.stoppedBy, 'old');
  });

  it('warns of what keeps dying, of what nobody wants, and of a step that failed', () => {
    const failure = {
      kind: 'start' as const,
      process: 'redis',
      code: 'PORT_TAKEN' as const,
      message: 'port 6379 is taken',
    };
    const processes = { redis: 'FATAL', postgresql: 'ROGUE' } as const;
    const shown = status(cluster, [coreUp, reportOf('db', processes, { failures: [failure] })]);
    assert.deepEqual(codes(shown), ['STEP_FAILED', 'PROCESS_FATAL', 'PROCESS_ROGUE']);
    assert.deepEqual(
      shown.warnings.slice(1).map(({ message }) => message),
      ['redis on db keeps dying', 'postgresql runs on db, but no role wants it there'],
    );
    assert.equal(shown.nodes[1]!.error!.step, 'start redis');
    const told = { code: 'DATA_MISSING' as const, message: 'no data', why: 'w', next: 'n' };
    const missing = { ...failure, kind: 'find-data' as const, ...told };
    const report = reportOf('db', { redis: 'STOPPED' }, { failures: [missing] });
    assert.deepEqual(status(cluster, [coreUp, report]).warnings, [
      { code: 'DATA_MISSING', message: 'db: find-data redis failed: no data: w; n', node: 'db' },
    ]);
    const unloadable = { ...missing, kind: 'compile' as const, code: 'BAD_FILE' as const };
    const running = reportOf('db', { redis: 'RUNNING' }, { failures: [unloadable] });
    assert.deepEqual(status(cluster, [coreUp, running]).warnings, [
      { code: 'STEP_FAILED', message: 'db: compile redis failed: no data: w; n', node: 'db' },
    ]);
  });

  it('warns of logs that lose lines, and says why', () => {
    const warned = (diskFull: boolean) => {
      const lostLines = { logs: ['agent', 'redis'], diskFull };
      return status(cluster, [coreUp, reportOf('db', { redis: 'RUNNING' }, { lostLines })])
        .warnings;
    };
    const lost = { code: 'LOG_LOST', node: 'db' };
    const message = 'db loses lines of its logs (agent redis):';
    assert.deepEqual(warned(true), [
      { ...lost, message: `${message} the disk of /var/log/kato is full` },
    ]);
    assert.deepEqual(warned(false), [
      { ...lost, message: `${message} more is written than /var/log/kato can take` },
    ]);
  });

  it('warns of a bus that holds an older state than a node has seen', () => {
    const refusedView = { lineage: 'l1', epoch: 1, revision: 1, hash: 'other' };
    const shown = status(cluster, [coreUp, reportOf('db', { redis: 'RUNNING' }, { refusedView })]);
    assert.deepEqual(codes(shown), ['STATE_OLDER']);
  });

  it('warns when the brake keeps members in a pool, dead ones and those whose node was halted', () => {
    const verdicts: Verdicts = {
      silent: { core: { state: 'dead', since: NOW }, web: { state: 'left', since: NOW } },
      outages: {},
    };
    const route = { host: 'a.org', path: '/', backends: ['10.0.0.2:7000'], sticky: false };
    const cluster = { ...clusterWith({ web: ['router'] }), routes: { 'a.org': route } };
    const { warnings } = status(cluster, [], { verdicts });
    assert.deepEqual(
      warnings.filter(({ code }) => code === 'POOL_BRAKE').map(({ message }) => message),
      [
        'the pool routers keeps dead members: 10.0.0.1:80',
        'the pool controllers keeps dead members: 10.0.0.1:9080',
        'the pool a.org keeps members on nodes that have left: 10.0.0.2:7000',
      ],
    );
  });

  it('says why a node is out of a pool that is alive', () => {
    const three = clusterWith({ web: ['router'], web2: ['router'] });
    const up = [coreUp, routerUp('web'), routerUp('web2')];
    const flapping = { penalty: 5, atMs: Date.parse(NOW), out: true };
    const verdicts: Verdicts = {
      silent: {},
      outages: { routers: { '10.0.0.2:80': NOW } },
      flaps: { web: flapping },
    };
    const { warnings } = status(three, up, { verdicts });
    assert.deepEqual(warnings, [
      {
        code: 'NODE_FLAPS',
        message: 'web keeps dying and coming back: pools leave it out for 9 min more',
        node: 'web',
      },
    ]);
    assert.deepEqual(codes(status(three, up, { verdicts: { ...verdicts, outages: {} } })), []);
    const flaps = { web: { ...flapping, out: false } };
    assert.deepEqual(codes(status(three, up, { verdicts: { ...verdicts, flaps } })), []);
  });

  it('says which backends are left out because they are routers by now', () => {
    const backends = ['10.0.0.2:80', '10.0.0.9:80'];
    const route = { host: 'shop.org', path: '/cart', backends, sticky: false };
    const roles = { web: ['router'], lb: ['load_balancer'], lb2: ['load_balancer'] };
    const looping = withNode(clusterWith(roles, { routes: { 'shop.org/cart': route } }), 'lb', {
      pinnedRouters: ['10.0.0.1', '10.0.0.4'],
    });
    const circle = 'and requests would loop';
    assert.deepEqual(
      status(looping, [coreUp, routerUp('web')]).warnings.map(({ code, message }) => [
        code,
        message,
      ]),
      [
        [
          'BACKEND_LOOP',
          `the route shop.org/cart leaves out 10.0.0.2:80: it is the port of router on web, ${circle}`,
        ],
        [
          'BACKEND_LOOP',
          `the load balancer lb leaves out 10.0.0.4:80: it is the port of load_balancer on lb2, ${circle}`,
        ],
      ],
    );
  });

  it('warns a month before a certificate ends', () => {
    const until = (days: number) => {
      const notAfter = later(days * 86_400);
      const certificates = { 'shop.org': { domain: 'shop.org', chain: '', notAfter } };
      const both = [coreUp, reportOf('db', { redis: 'RUNNING' })];
      return status({ ...cluster, certificates }, both).warnings;
    };
    assert.deepEqual(until(31), []);
    const warns = (message: string) => [{ code: 'CERTIFICATE_EXPIRES', message }];
    const what = 'the certificate for shop.org';
    assert.deepEqual(until(29), warns(`${what} expires on ${later(29 * 86_400)}`));
    assert.deepEqual(until(-1), warns(`${what} expired on ${later(-86_400)}`));
  });

  it('lists roles that nobody has when all is to be shown', () => {
    assert.deepEqual(status(cluster, [], { all: true }).unassigned, [
      'load_balancer',
      'memcached',
      'postgresql',
    ]);
    assert.deepEqual(status(cluster, []).unassigned, []);
  });

  it('sorts nodes by address as numbers', () => {
    const many = clusterWith(
      Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`n${i}`, []])),
    );
    const shown = status(many, []).nodes.map((node) => node.address);
    assert.deepEqual(shown.slice(-2), ['10.0.0.10', '10.0.0.11']);
  });
});
