import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import type { View } from '../../../src/domain/views/view.ts';
import { balancerView, balancerViewAlone, routerValuesFull } from '../../support/nginx-views.ts';
import { checkOf, compileProcess, makeRoot, putConfig } from '../../support/service.ts';
import { testNode, testRoute, testView } from '../../support/views.ts';

const run = promisify(execFile);

describe('nginx itself accepts', () => {
  const accept = async (view: View, process: string): Promise<void> => {
    const paths = makeRoot();
    try {
      const spec = await compileProcess(view, process, paths);
      const [program = '', ...words] = checkOf(spec, putConfig(spec, paths));
      const { stderr } = await run(program, words);
      // nginx 1.26 only warns of the older form of http2 that 1.22 knows.
      assert.doesNotMatch(stderr, /\[(emerg|alert|error)\]|could not build/);
    } finally {
      rmSync(paths.root, { recursive: true });
    }
  };
  // An address of this machine alone, and ports that only a test has.
  const at = (view: View, role: string): View => ({
    ...view,
    node: testNode([role], { address: '127.0.41.1' }),
    settings: { [role]: { ...view.settings[role], http_port: 18080, https_port: 18443 } },
  });

  it('the golden router with every kind of route, empty and broken ones too', () =>
    accept(at(routerValuesFull, 'router'), 'router'));
  it('the golden load balancers, with routers and without', async () => {
    await accept(at(balancerView, 'load_balancer'), 'load_balancer');
    await accept(at(balancerViewAlone, 'load_balancer'), 'load_balancer');
  });
  it('a router without a route', () => accept(at(testView(['router']), 'router'), 'router'));
  it('names as long as names can be, and a thousand routes', async () => {
    const label = 'a'.repeat(63);
    const long = `${label}.${label}.${label}.${label.slice(4)}.b`;
    const routes = [
      testRoute(long, '/', ['10.0.0.1:80'], true),
      testRoute(`*.${long.slice(4)}`, `/${'p'.repeat(250)}`, ['10.0.0.1:80']),
      ...Array.from({ length: 1000 }, (_, i) =>
        testRoute(`host-${i}.example.com`, '/', ['10.0.0.2:80', '10.0.0.3:80'], i % 10 === 0),
      ),
    ];
    const view = testView(['router'], {
      pools: routes.map(({ pool }) => pool),
      routes: routes.map(({ route }) => route),
    });
    await accept(at(view, 'router'), 'router');
  });
  it('routes with one backend each, and one with very many: the shared memory is enough', async () => {
    const backends = Array.from({ length: 1000 }, (_, i) => `10.1.${i % 10}.${i % 250}:${80 + i}`);
    const small = backends.map((backend, i) => testRoute(`h${i}.example.com`, '/', [backend]));
    const large = testRoute('large.example.com', '/', backends);
    for (const routes of [small, [large]]) {
      const view = testView(['router'], {
        pools: routes.map(({ pool }) => pool),
        routes: routes.map(({ route }) => route),
      });
      await accept(at(view, 'router'), 'router');
    }
  });
});
