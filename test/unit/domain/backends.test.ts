import assert from 'node:assert/strict';
import { checkNodeAddress } from '../../../src/domain/traffic/addresses.ts';
import { backendJudge, loopJudge } from '../../../src/domain/traffic/backends.ts';
import { catalogue, clusterWith, later, NOW, withNode } from '../../support/clusters.ts';

const cluster = clusterWith({ web: ['router'], lb: ['load_balancer'], db: ['redis'] });
const judge = backendJudge(cluster, catalogue);
const why = (backend: string, of = judge) => of(backend)?.why ?? null;

describe('a backend', () => {
  it('is a machine with a port of its own, inside the cluster or out of it', () => {
    const good = [
      ...['1.0.0.1:80', '10.0.0.77:80', '100.64.0.1:80', '126.255.255.255:80', '128.0.0.1:80'],
      ...['169.253.255.255:80', '169.255.0.1:80', '172.16.0.1:80', '192.168.0.1:80'],
      ...['203.0.113.9:80', '223.255.255.255:80', '10.0.0.4:8080', '10.0.0.2:8080'],
    ];
    for (const backend of good) assert.equal(judge(backend), null, backend);
  });

  it('is no address that stands for no machine of its own', () => {
    const ranges: Record<string, [string, string]> = {
      'is no address of a machine': ['0.0.0.0', '0.255.255.255'],
      'is a loopback address, which each router would take for its own': [
        '127.0.0.1',
        '127.255.255.255',
      ],
      'is a link-local address': ['169.254.0.0', '169.254.169.254'],
      'is a multicast address': ['224.0.0.1', '239.255.255.255'],
      'is a reserved address': ['240.0.0.0', '255.255.255.254'],
      'is the broadcast address': ['255.255.255.255', '255.255.255.255'],
    };
    for (const [said, addresses] of Object.entries(ranges)) {
      for (const address of addresses) assert.equal(why(`${address}:8080`), said, address);
    }
  });

  it('may be a loopback address where the cluster itself lives on loopback', () => {
    const tried = withNode(cluster, 'core', { address: '127.0.1.1' });
    const here = backendJudge(tried, catalogue);
    assert.equal(here('127.0.0.1:8080'), null);
    assert.equal(why('127.0.1.1:4222', here), 'is the port of primary on core');
    assert.equal(why('169.254.0.1:80', here), 'is a link-local address');
  });

  it('is not taken away by a machine that shows but a token and says to be a router there', () => {
    const claimed = withNode(cluster, 'web', { address: '10.0.0.77', pendingUntil: later(300) });
    assert.equal(backendJudge(claimed, catalogue)('10.0.0.77:80'), null);
    assert.equal(loopJudge(claimed, catalogue)('10.0.0.77:80'), false);
    const shown = withNode(claimed, 'web', { pendingUntil: null });
    assert.equal(loopJudge(shown, catalogue)('10.0.0.77:80'), true);
  });

  it('is no port that a role of a node listens on, also while it is stopped', () => {
    assert.equal(why('10.0.0.1:4222'), 'is the port of primary on core');
    assert.equal(why('10.0.0.1:9080'), 'is the port of controller on core');
    assert.equal(why('10.0.0.4:6379'), 'is the port of redis on db');
    assert.equal(judge('10.0.0.2:6379'), null, 'where nothing of kato listens');
    const stopped = { redis: { stopped: { by: 'core', at: NOW } } };
    const later = backendJudge(withNode(cluster, 'db', { roles: stopped }), catalogue);
    assert.equal(why('10.0.0.4:6379', later), 'is the port of redis on db');
  });

  it('is no router and no load balancer, at whatever port they are set to', () => {
    const circle = ', and requests would loop';
    for (const port of [80, 443]) {
      assert.equal(why(`10.0.0.2:${port}`), `is the port of router on web${circle}`);
      assert.equal(why(`10.0.0.3:${port}`), `is the port of load_balancer on lb${circle}`);
    }
    const settings = { router: { http_port: 8080 } };
    const moved = backendJudge({ ...cluster, settings }, catalogue);
    assert.ok(moved('10.0.0.2:8080')?.isLoop);
    assert.equal(moved('10.0.0.2:80'), null);
  });
});

describe('a loop', () => {
  it('is what passes requests on, and nothing else that is refused', () => {
    const isLoop = loopJudge(cluster, catalogue);
    assert.ok(isLoop('10.0.0.2:80'));
    assert.ok(isLoop('10.0.0.3:443'));
    for (const backend of ['10.0.0.1:9080', '10.0.0.4:6379', '127.0.0.1:80', '10.0.0.9:80']) {
      assert.ok(!isLoop(backend), backend);
    }
  });
});

describe('the address of a node', () => {
  it('is one at which others find it', () => {
    checkNodeAddress(cluster, catalogue, '10.0.0.9');
    for (const address of ['127.0.0.2', '255.255.255.255', '224.0.0.1', '169.254.1.1', '0.1.2.3']) {
      assert.throws(
        () => checkNodeAddress(cluster, catalogue, address),
        { code: 'BAD_ADDRESS' },
        address,
      );
    }
    checkNodeAddress(withNode(cluster, 'core', { address: '127.0.1.1' }), catalogue, '127.0.0.2');
  });
});
