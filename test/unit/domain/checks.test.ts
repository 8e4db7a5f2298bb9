import assert from 'node:assert/strict';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import type { Check } from '../../../src/domain/telling/check.ts';
import { type ChecksInput, checksOf, worstOf } from '../../../src/domain/telling/checks.ts';
import { keptFolders } from '../../../src/domain/telling/disk-checks.ts';
import type { NodeStatus, RoleStatus, Status } from '../../../src/domain/telling/status.ts';
import { catalogue, NOW } from '../../support/clusters.ts';
import { nodeStatus, statusWith } from '../../support/statuses.ts';

const NODE = nodeStatus('web', { self: true });

function role(state: RoleStatus['state']): RoleStatus {
  return { name: 'redis', state, processes: [] };
}

const KEPT = keptFolders(
  statusWith({ nodes: [{ ...NODE, roles: [role('running')] }, nodeStatus('other')] }),
  catalogue,
  pathsOf('/'),
);
const disks = (...free: number[]) => free.map((share, i) => ({ ...KEPT[i]!, free: share }));

function found(status: Partial<Status>, changes: Partial<ChecksInput> = {}): Check[] {
  const checks = checksOf({
    catalogue,
    status: statusWith({ nodes: [NODE], ...status }),
    certificates: [],
    disks: disks(0.5, 0.5),
    nowMs: Date.parse(NOW),
    ...changes,
  });
  return checks.filter(({ level }) => level !== 'ok');
}

/** `critical nodes`, `warning roles`: what was found, without the words. */
function levels(checks: readonly Check[]): string[] {
  return checks.map(({ level, name }) => `${level} ${name}`);
}

const inDays = (days: number): string =>
  new Date(Date.parse(NOW) + days * 86_400_000).toISOString();

describe('the checks', () => {
  it('find nothing in a cluster that is well', () => {
    assert.deepEqual(found({}), []);
  });

  it('tell of nodes and backends that pools leave out, each code in one', () => {
    const loop = (message: string) => ({ code: 'BACKEND_LOOP' as const, message });
    const flaps = { code: 'NODE_FLAPS' as const, message: 'web keeps dying', node: 'web' };
    assert.deepEqual(found({ warnings: [loop('a is left out'), flaps, loop('b is left out')] }), [
      { name: 'nodes', level: 'warning', message: 'web keeps dying' },
      { name: 'pools', level: 'warning', message: 'a is left out; b is left out' },
    ]);
  });

  it('take a dead node as critical and a silent one as a warning', () => {
    const of = (state: NodeStatus['state']) => levels(found({ nodes: [{ ...NODE, state }] }));
    assert.deepEqual(of('dead'), ['critical nodes']);
    assert.deepEqual(of('inactive'), ['warning nodes']);
    assert.deepEqual(of('left'), []);
    assert.deepEqual(of('joining'), []);
  });

  it('tell of roles that failed or are starting, and not of those that a person stopped', () => {
    const of = (state: RoleStatus['state'], node: NodeStatus['state'] = 'active') =>
      levels(found({ nodes: [{ ...NODE, state: node, roles: [role(state)] }] }));
    assert.deepEqual(of('failed'), ['critical roles']);
    assert.deepEqual(of('starting'), ['warning roles']);
    assert.deepEqual(of('stopped'), []);
    assert.deepEqual(of('failed', 'dead'), ['critical nodes'], 'the node is told, not its roles');
  });

  it('tell of a node that cannot follow though its roles run', () => {
    const error = { step: 'keep-ledger agent', code: 'NO_SPACE', message: 'no room' } as const;
    const of = (state: RoleStatus['state']) =>
      levels(found({ nodes: [{ ...NODE, error, roles: [role(state)] }] }));
    assert.deepEqual(of('running'), ['warning roles']);
    assert.deepEqual(of('failed'), ['critical roles'], 'once, with the role');
  });

  it('tell of a pool in which nobody is alive', () => {
    const member = { address: '10.0.0.2:80', state: 'out' as const };
    const of = (members: (typeof member | { address: string; state: 'in' })[]) =>
      levels(found({ pools: [{ name: 'routers', kind: 'routers', members }] }));
    assert.deepEqual(of([]), ['critical pools']);
    assert.deepEqual(of([member]), ['critical pools']);
    assert.deepEqual(of([member, { ...member, state: 'in' }]), []);
  });

  it('tell of a pool whose members are in, and do not serve all the same', () => {
    const router = (state: RoleStatus['state'], changes: Partial<NodeStatus> = {}) => ({
      ...NODE,
      ...changes,
      roles: [{ ...role(state), name: 'router' }],
    });
    const members = [{ address: '10.0.0.1:80', state: 'in' as const }];
    const pools = [{ name: 'routers', kind: 'routers' as const, members }];
    const of = (node: NodeStatus) => levels(found({ pools, nodes: [node] }));
    assert.deepEqual(of(router('running')), []);
    assert.deepEqual(of(router('stopped')), ['critical pools']);
    assert.deepEqual(of(router('failed', { state: 'dead' })), ['critical nodes', 'critical pools']);
    assert.deepEqual(of(router('stopped', { state: 'left' })), ['critical pools']);
    const routes = [{ name: 'a.example.com', kind: 'route' as const, members }];
    const route = (node: NodeStatus) => levels(found({ pools: routes, nodes: [node] }));
    assert.deepEqual(route(router('stopped')), [], 'a backend need not be a role');
    const halted = router('stopped', { state: 'left' });
    assert.deepEqual(route(halted), [], 'a backend may run on where kato was halted');
    assert.deepEqual(route(router('failed', { state: 'dead' })), [
      'critical nodes',
      'critical pools',
    ]);
  });

  it('warn of dead members that stay in a pool', () => {
    const warnings = [{ code: 'POOL_BRAKE' as const, message: 'it keeps dead members' }];
    assert.deepEqual(levels(found({ warnings })), ['warning pools']);
  });

  it('warn of a certificate 30 days before its end, and 7 days before it is critical', () => {
    const of = (days: number) =>
      levels(found({}, { certificates: [{ domain: 'x.example.com', notAfter: inDays(days) }] }));
    assert.deepEqual(of(31), []);
    assert.deepEqual(of(29), ['warning certificates']);
    assert.deepEqual(of(7), ['warning certificates']);
    assert.deepEqual(of(6), ['critical certificates']);
    assert.deepEqual(of(-1), ['critical certificates']);
    const [last] = found({}, { certificates: [{ domain: 'x.example.com', notAfter: inDays(1) }] });
    assert.equal(last!.message, 'the certificate for x.example.com expires in one day');
    const early = { domain: 'x.example.com', notAfter: inDays(90), notBefore: inDays(2) };
    assert.deepEqual(levels(found({}, { certificates: [early] })), ['critical certificates']);
  });

  it('warn of a state that has grown large, and tell one that is older first', () => {
    const large = { code: 'STATE_LARGE', message: 'it weighs much' } as const;
    const older = { code: 'STATE_OLDER', message: 'it is older' } as const;
    assert.deepEqual(levels(found({ warnings: [large] })), ['warning state']);
    assert.deepEqual(levels(found({ warnings: [large, older] })), ['critical state']);
  });

  it('warn of a full disk', () => {
    const of = (...free: number[]) =>
      found({}, { disks: disks(...free) }).map(({ level, message }) => `${level}: ${message}`);
    assert.deepEqual(of(0.5, 0.5, 0.5), []);
    assert.deepEqual(of(0.09, 0.5), ['warning: 9 % of the disk of this node is free']);
    assert.deepEqual(of(0.09, 0.02), [
      'critical: 2 % of the disk with the logs of this node is free',
    ]);
    assert.deepEqual(of(0.5, 0.5, 0), [
      'critical: 0 % of the disk with /var/lib/kato/data/redis of this node is free',
    ]);
    assert.deepEqual(of(), ['unknown: the disk of this node cannot be measured']);
  });

  it('tell of each node that loses lines of its logs', () => {
    const warnings = [{ code: 'LOG_LOST' as const, message: 'web loses lines', node: 'web' }];
    const lost = { name: 'disk', level: 'critical', message: 'web loses lines', subject: 'web' };
    assert.deepEqual(found({ warnings }), [lost]);
  });

  it('know less, and say so, while the bus is away or refuses this node', () => {
    for (const code of ['BUS_AWAY', 'NODE_REFUSED'] as const) {
      const warnings = [{ code, message: 'nothing is heard' }];
      assert.deepEqual(levels(found({ warnings }, { certificates: null })), [
        'critical bus',
        'unknown controllers',
        'unknown state',
        'unknown nodes',
        'unknown pools',
        'unknown export',
        'unknown certificates',
      ]);
    }
  });

  it('see the roles of their own node, whoever is away', () => {
    const warnings = [{ code: 'CONTROLLER_AWAY' as const, message: 'nobody answers' }];
    const own = { ...NODE, roles: [role('failed')] };
    const other = { ...nodeStatus('other', { state: 'dead' }), roles: [role('failed')] };
    const checks = found({ warnings, nodes: [own, other] });
    assert.deepEqual(
      checks.filter(({ name }) => name === 'roles').map(({ message }) => message),
      ['redis on web has failed'],
    );
    assert.ok(!checks.some(({ name, level }) => name === 'nodes' && level !== 'unknown'));
  });

  it('say why a role has failed, where its own step is the reason', () => {
    const process = { name: 'redis', state: 'STOPPED' as const, pid: null, since: null };
    const redis = { ...role('failed'), processes: [process] };
    const because = (step: string) => {
      const error = { step, code: 'DATA_MISSING' as const, message: 'the data is missing' };
      return found({ nodes: [{ ...NODE, roles: [redis], error }] }).map(({ message }) => message);
    };
    assert.deepEqual(because('find-data redis'), ['redis on web has failed: the data is missing']);
    assert.deepEqual(because('find-data postgresql'), ['redis on web has failed']);
  });

  it('are as bad as the worst of them', () => {
    const check = (level: Check['level']): Check => ({ name: 'bus', level, message: '' });
    assert.equal(worstOf([]), 'ok');
    assert.equal(worstOf([check('ok'), check('warning')]), 'warning');
    assert.equal(worstOf([check('warning'), check('unknown')]), 'unknown');
    assert.equal(worstOf([check('unknown'), check('critical')]), 'critical');
  });
});
