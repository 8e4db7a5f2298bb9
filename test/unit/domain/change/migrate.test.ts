import assert from 'node:assert/strict';
import type { Elsewhere } from '../../../../src/domain/nodes/displaced.ts';
import { type Migrate, migrateNode } from '../../../../src/domain/nodes/migrate.ts';
import { asked, clusterWith, withNode } from '../../../support/clusters.ts';
import { touched } from '../../../support/views.ts';

const there = (changes: Partial<Elsewhere> = {}): Elsewhere => ({
  address: '10.0.0.9',
  machineId: 'machine-web',
  isOriginalAlive: false,
  holder: null,
  isCopy: false,
  ...changes,
});
const params = (changes: Partial<Migrate> = {}): Migrate => ({
  node: 'web',
  address: '10.0.0.9',
  force: false,
  elsewhere: [there()],
  own: [],
  ...changes,
});
const cluster = clusterWith({ web: ['router'], db: ['redis'], lb: ['load_balancer'] });

describe('moving a node to another address', () => {
  it('changes its address, and that of pinned routers, and nothing else; routes are named', () => {
    const route = { host: 'a.example.com', path: '/', backends: ['10.0.0.2:8000'], sticky: false };
    const pinned = withNode(cluster, 'lb', { pinnedRouters: ['10.0.0.2', '192.0.2.1'] });
    const before = { ...pinned, routes: { a: route } };
    const moved = migrateNode(before, params(), asked());
    const { cluster: after, result } = moved;
    assert.deepEqual(after.nodes.web, { ...before.nodes.web!, address: '10.0.0.9' });
    assert.deepEqual(after.nodes.lb!.pinnedRouters, ['10.0.0.9', '192.0.2.1']);
    assert.deepEqual(
      { ...after, nodes: {} },
      { ...before, nodes: {} },
      'nothing but nodes has changed',
    );
    assert.deepEqual(touched(before, moved), ['web', 'lb']);
    assert.deepEqual(result, {
      node: 'web',
      id: 'web',
      from: '10.0.0.2',
      to: '10.0.0.9',
      isThere: true,
      balancers: ['lb'],
      routes: ['a.example.com'],
    });
  });

  it('takes over which machine it is', () => {
    const { cluster: after } = migrateNode(
      cluster,
      params({ elsewhere: [there({ machineId: 'another', isCopy: true })] }),
      asked(),
    );
    assert.equal(after.nodes.web!.machineId, 'another');
  });

  it('a typing error changes nothing, and is told what was meant', () => {
    const wrong = () => migrateNode(cluster, params({ address: '10.0.0.99' }), asked());
    assert.throws(wrong, { code: 'CONFLICT', next: 'kato node migrate 10.0.0.2 10.0.0.9' });
    const nobody = () => migrateNode(cluster, params({ elsewhere: [] }), asked());
    assert.throws(nobody, { code: 'CONFLICT', message: /no machine has said that it is web/ });
    const { result } = migrateNode(cluster, params({ elsewhere: [], force: true }), asked());
    assert.equal(result.isThere, false);
  });

  it('a node that lives may go to another address that it has', () => {
    const { changed } = migrateNode(cluster, params({ elsewhere: [], own: ['10.0.0.9'] }), asked());
    assert.equal(changed, true);
  });

  it('does not put a copy in the place of a node that lives, unless that is insisted on', () => {
    const copy = [there({ isOriginalAlive: true, isCopy: true })];
    const refused = () => migrateNode(cluster, params({ elsewhere: copy }), asked());
    assert.throws(refused, { code: 'CONFLICT', message: 'node web is alive at 10.0.0.2' });
    assert.ok(migrateNode(cluster, params({ elsewhere: copy, force: true }), asked()).changed);
  });

  it('never takes the address of another node, and never moves the core', () => {
    const taken = params({ address: '10.0.0.3', force: true, own: ['10.0.0.3'] });
    assert.throws(() => migrateNode(cluster, taken, asked()), {
      code: 'CONFLICT',
      message: 'the address 10.0.0.3 belongs to node db',
    });
    const core = params({ node: 'core', force: true });
    assert.throws(() => migrateNode(cluster, core, asked()), {
      code: 'CONFLICT',
      message: 'the core core cannot be migrated',
    });
  });

  it('twice is already so', () => {
    const { cluster: after } = migrateNode(cluster, params(), asked());
    assert.equal(migrateNode(after, params({ elsewhere: [] }), asked()).changed, false);
  });
});
