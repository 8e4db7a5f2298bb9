import assert from 'node:assert/strict';
import type { Node } from '../../../src/domain/document/cluster.ts';
import { poolChecks } from '../../../src/domain/telling/pool-checks.ts';
import { catalogue, clusterWith, later, NOW, withNode } from '../../support/clusters.ts';
import { reportOf } from '../../support/reports.ts';
import { told } from '../../support/statuses.ts';

const cluster = clusterWith({ db: ['redis'] });
const REPORTS = [
  reportOf('core', { 'nats-server': 'RUNNING', controller: 'RUNNING', router: 'RUNNING' }),
  reportOf('db', { redis: 'RUNNING' }),
];

describe('the status warns', () => {
  it('of a node that is silent, and counts as dead only later', () => {
    const verdicts = { silent: { db: { state: 'inactive' as const, since: NOW } }, outages: {} };
    const lastSeen = new Map([['db', 7.6]]);
    assert.deepEqual(told(cluster, REPORTS, { verdicts, lastSeen }).warnings, [
      { code: 'NODE_INACTIVE', message: 'db is inactive, last seen 8 s ago', node: 'db' },
    ]);
  });

  it('of a pool in which nobody is left', () => {
    const roles = { ...cluster.nodes.core!.roles, router: { stopped: { by: 'core', at: NOW } } };
    const { warnings } = told(withNode(cluster, 'core', { roles }), REPORTS);
    assert.deepEqual(warnings, [
      { code: 'ROLE_STOPPED', message: 'router on core is stopped by core', node: 'core' },
      { code: 'POOL_EMPTY', message: 'the pool routers has no member' },
    ]);
  });

  it('of a pool whose members all fail to serve it, or hold what would, as the check does', () => {
    const shownWith = (router: 'STOPPED' | 'FATAL', held: Node['held']) => {
      const states = { 'nats-server': 'RUNNING', controller: 'RUNNING', router } as const;
      const report = reportOf('core', states);
      report.processes.router!.held = 'router' in held;
      return told(withNode(cluster, 'core', { held }), [report, REPORTS[1]!]);
    };
    const empty = shownWith('STOPPED', { router: 'boot-core' });
    const failed = shownWith('FATAL', {});
    for (const [shown, message] of [
      [empty, 'the pool routers has no member'],
      [failed, 'the pool routers has no member that serves'],
    ] as const) {
      const { warnings } = shown;
      assert.deepEqual(
        warnings.filter(({ code }) => code === 'POOL_EMPTY'),
        [{ code: 'POOL_EMPTY', message }],
      );
      assert.deepEqual(
        poolChecks(shown, catalogue).map((check) => check.message),
        [message],
      );
    }
  });

  it('of a certificate until the day from which it is good', () => {
    const until = (days: number) => {
      const times = { notAfter: later(90 * 86_400), notBefore: later(days * 86_400) };
      const certificates = { 'shop.org': { domain: 'shop.org', chain: '', ...times } };
      return told({ ...cluster, certificates }, REPORTS).warnings;
    };
    assert.deepEqual(until(0), []);
    const message = `the certificate for shop.org is not good before ${later(2 * 86_400)}`;
    assert.deepEqual(until(2), [{ code: 'CERTIFICATE_EXPIRES', message }]);
  });

  it('of a state that grows beyond what is good', () => {
    const backends = Array.from({ length: 120_000 }, (_, i) => `10.1.0.1:${i}`);
    const large = { 'shop.org': { host: 'shop.org', path: '/', backends, sticky: false } };
    const { warnings } = told({ ...cluster, routes: large }, REPORTS);
    assert.deepEqual(
      warnings.map(({ code, message }) => [code, message]),
      [['STATE_LARGE', 'the state of the cluster is 2.1 MB large, and its size is limited']],
    );
    const small = { 'shop.org': { ...large['shop.org'], backends: backends.slice(0, 100_000) } };
    assert.deepEqual(told({ ...cluster, routes: small }, REPORTS).warnings, []);
  });

  it('of a bus that has another history, and says until when nothing is changed', () => {
    const older = { lineage: 'l0', epoch: 1, revision: 41, hash: 'h' };
    const [warning] = told(cluster, REPORTS, { older }).warnings;
    const what = 'the state on the bus does not go on from revision 41, which was reached before';
    assert.deepEqual(warning, {
      code: 'STATE_OLDER',
      message: `${what}: nothing is changed until kato node setup core --recover-from FILE, on the core`,
    });
  });
});
