import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { startProbes, withoutUnreachable } from '../../../src/agent/backends.ts';
import { testPool, testView } from '../../support/views.ts';

const TICK_MS = 250;
const MINUTE = 60;

describe('the backends of a node', () => {
  let nowMs: number;
  let backends: string[];
  let tried: number;
  let changes: number[];
  let probes: ReturnType<typeof startProbes>;
  let connects: (backend: string) => boolean;

  beforeEach(() => {
    [nowMs, backends, tried, changes] = [0, [], 0, []];
    connects = () => true;
    mock.timers.enable({ apis: ['setInterval'] });
    probes = startProbes({
      targets: () => new Set(backends),
      isWell: async (backend) => {
        tried++;
        return connects(backend);
      },
      onChange: () => changes.push(nowMs),
      nowMs: () => nowMs,
    });
  });
  afterEach(() => {
    probes[Symbol.dispose]();
    mock.timers.reset();
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < (seconds * 1000) / TICK_MS; i++) {
      nowMs += TICK_MS;
      mock.timers.tick(TICK_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const named = (count: number) =>
    Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}:80`);

  it('are out within seconds of their death, and in again when they are back', async () => {
    backends = named(3);
    await pass(5);
    assert.deepEqual([...probes.out], []);
    connects = (backend) => backend !== '10.0.0.1:80';
    await pass(8);
    assert.deepEqual([...probes.out], ['10.0.0.1:80']);
    connects = () => true;
    await pass(8);
    assert.deepEqual([...probes.out], []);
    assert.equal(changes.length, 2);
  });

  it('are forgotten with their pool', async () => {
    backends = named(2);
    connects = () => false;
    await pass(10);
    assert.equal(probes.out.size, 2);
    backends = [];
    await pass(5);
    assert.equal(probes.out.size, 0);
  });

  it('that come and go, a hundred of them, are a change every two seconds at most', async () => {
    backends = named(100);
    connects = () => Math.random() < 0.5;
    await pass(MINUTE);
    assert.ok(changes.length > 1);
    const gaps = changes.slice(1).map((atMs, i) => atMs - changes[i]!);
    assert.ok(Math.min(...gaps) >= 2000, String(gaps));
  });

  it('are tried a number of times a second that has a limit, however many there are', async () => {
    backends = named(5000);
    await pass(MINUTE);
    assert.ok(tried > 5000 && tried <= 350 * MINUTE, String(tried));
  });

  it('are out in every pool, and where none would be left they stay there to be tried', () => {
    const pools = [testPool('a', 'route', ['10.0.0.1:80', '10.0.0.2:80'])];
    const delivery = { hash: 'h', view: testView(['router'], { pools }), secrets: {} };
    const { view } = withoutUnreachable(delivery, new Set(['10.0.0.1:80']));
    assert.deepEqual(
      view.pools[0]!.members.map(({ state }) => state),
      ['out', 'in'],
    );
    assert.equal(withoutUnreachable(delivery, new Set()), delivery);
  });

  it('are out of the pool alone at whose path they do not answer well', () => {
    const backends = ['10.0.0.1:80'];
    const pools = ['a.org', 'b.org'].map((name) => testPool(name, 'route', backends));
    const plain = { path: '/', backends, sticky: false };
    const routes = [
      { ...plain, host: 'a.org', pool: 'a.org', probe: '/up' },
      { ...plain, host: 'b.org', pool: 'b.org' },
    ];
    const delivery = { hash: 'h', view: testView(['router'], { pools, routes }), secrets: {} };
    const { view } = withoutUnreachable(delivery, new Set(['10.0.0.1:80 a.org/up']));
    assert.deepEqual(
      view.pools.map(({ members }) => members[0]!.state),
      ['out', 'in'],
    );
  });
});
