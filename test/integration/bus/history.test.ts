import assert from 'node:assert/strict';
import { openStore, type Store } from '../../../src/bus/store/store.ts';
import { CONTROLLER } from '../../../src/bus/subjects.ts';
import { endOf } from '../../../src/domain/telling/change-end.ts';
import { NOW } from '../../support/clusters.ts';
import { clusterAt, startNatsWithController, type TestNats } from '../../support/nats.ts';

describe('the history that controllers keep', () => {
  let nats: TestNats;
  let store: Store;
  let other: Store;

  before(async () => {
    const { identity, controller, ...started } = await startNatsWithController();
    nats = started.nats;
    store = await openStore(controller, identity.seed);
    other = await openStore(await nats.connect(CONTROLLER, identity), identity.seed);
    await store.createState(clusterAt(1), {});
  });
  after(() => nats.stop());

  it('reads the newest history, of all or of one node', async () => {
    assert.deepEqual(await store.readHistory({ limit: 5, names: null }), []);
    for (let i = 1; i <= 5; i++) {
      const params = { node: `n${i % 2}` };
      const done = { outcome: 'done', revision: i + 1 };
      const entry = { at: NOW, by: `n${i}`, operation: 'role.add', params, ...done };
      await store.appendHistory(entry, null);
    }
    const newest = await other.readHistory({ limit: 2, names: null });
    assert.deepEqual(
      newest.map(({ by }) => by),
      ['n4', 'n5'],
    );
    const one = await other.readHistory({ limit: 10, names: ['web', 'n1'] });
    assert.deepEqual(
      one.map(({ by }) => by),
      ['n1', 'n3', 'n5'],
    );
  });

  it('keeps what became of a change once, whoever tells it, and shows it with the change', async () => {
    const entry = { at: NOW, by: 'x', operation: 'role.add', params: null, outcome: 'done' };
    const ids = ['c0ffee-1', 'c0ffee-2', 'beef-1'];
    for (const id of ids)
      await store.appendHistory({ ...entry, revision: 7, id, touched: 1 }, null);
    const end = endOf([{ node: 'x', outcome: 'done' }], NOW);
    await store.putEnd('c0ffee-1', end);
    await other.putEnd('c0ffee-1', endOf([{ node: 'x', outcome: 'late' }], NOW));
    const found = await other.readHistory({ limit: 10, names: null, id: 'c0ffee' });
    assert.deepEqual(
      found.map((one) => [one.id, one.end]),
      [
        ['c0ffee-1', end],
        ['c0ffee-2', undefined],
      ],
    );
  });

  it('keeps what plain nodes do apart: one that does much pushes out its own alone', async () => {
    const entry = { operation: 'role.switch', params: null, outcome: 'done', revision: 9 };
    const at = (second: number) => new Date(Date.parse(NOW) + second * 1000).toISOString();
    await store.appendHistory({ ...entry, at: at(1), by: 'quiet' }, 'n2');
    for (let i = 0; i < 510; i++) {
      await store.appendHistory({ ...entry, at: at(2), by: 'busy' }, 'n1');
    }
    await store.appendHistory({ ...entry, at: at(3), by: 'admin' }, null);
    const all = (await other.readHistory({ limit: 1000, names: null })).map(({ by }) => by);
    assert.equal(all.filter((by) => by === 'busy').length, 500);
    assert.deepEqual([all.indexOf('quiet') >= 0, all.at(-1)], [true, 'admin']);
  });

  it('counts refusals, of all controllers together, and tells them by their time', async () => {
    const entry = { by: 'web', operation: 'secret.show', params: null, revision: null };
    const refused = { ...entry, at: '2026-03-02T12:00:00.000Z', outcome: 'NOT_ALLOWED' };
    const key = '2026-03-02T12/n1/secret.show/NOT_ALLOWED';
    await store.putRefusal(key, { ...refused, count: 1 });
    await store.putRefusal(key, { ...refused, count: 7 });
    const later = { ...refused, at: '2026-03-02T12:30:00.000Z' };
    await other.putRefusal(key, { ...later, count: 2 });
    await other.putRefusal(key.replace('n1', 'n2'), { ...refused, by: 'data', count: 1 });
    const told = await store.readHistory({ limit: 2, names: null });
    assert.deepEqual(told, [
      { ...refused, by: 'data' },
      { ...later, count: 9 },
    ]);
  });
});
