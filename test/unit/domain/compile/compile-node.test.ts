import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadCatalogue } from '../../../../src/catalog/load.ts';
import { type Renderer, renderer } from '../../../../src/catalog/renderer.ts';
import { refuse } from '../../../../src/domain/base/error.ts';
import { compileNode } from '../../../../src/domain/making/compile-node.ts';
import { pathsOf } from '../../../../src/domain/making/paths.ts';
import type { ProcessSpec, Spec } from '../../../../src/domain/making/spec.ts';
import type { Catalogue } from '../../../../src/domain/roles/role.ts';
import type { View } from '../../../../src/domain/views/view.ts';
import {
  balancerView,
  balancerViewAlone,
  routerValuesFull,
  viewSecrets,
} from '../../../support/nginx-views.ts';
import { testNode, testPool, testView } from '../../../support/views.ts';

const HOME = join(import.meta.dirname, '../../../..');
const GOLDEN = join(import.meta.dirname, 'golden');

describe('compiling a view', () => {
  let catalogue: Catalogue;
  let render: Renderer;
  before(async () => {
    catalogue = loadCatalogue(HOME);
    render = await renderer(HOME);
  });

  const compile = (view: View): Spec =>
    compileNode({
      view,
      secrets: viewSecrets,
      catalogue,
      render,
      paths: pathsOf('/'),
      bootId: 'boot-2',
      programs: {
        'postgresql/postgres': '/usr/lib/postgresql/15/bin/postgres',
        'postgresql/initdb': '/usr/lib/postgresql/15/bin/initdb',
      },
      kato: '/opt/kato/bin/kato',
    });
  const process = (view: View, name: string): ProcessSpec =>
    compile(view).processes.find((one) => one.name === name)!;

  const golden: Record<string, View> = {
    core: testView(['primary', 'controller', 'router'], {
      node: testNode(['primary', 'controller', 'router'], { address: '10.0.0.1', admin: true }),
      pools: [testPool('controllers', 'controllers', ['10.0.0.1:9080'])],
      warden: 'UDE7LUH4BNGQ5OE5GQ74J4D6K3RCPDZSLYFJYJDBMWHEMQ4EJSYJIZ6P',
      busUsers: [
        { kind: 'controller', key: 'UDE6DISQ6DMWVGMDLRJ2F3LCRKRZICZPNNM4KBDD5IVBBVXV4OIPJGCI' },
        {
          kind: 'node',
          id: 'n1',
          key: 'UAFKFP77S3VMQYVTP7KKEJ6PR436BXOF2UIW3UJ56KTP5GY5J63UWM2O',
        },
      ],
    }),
    router: routerValuesFull,
    'load-balancer': balancerView,
    'load-balancer-alone': balancerViewAlone,
    'data-services': testView(['redis', 'memcached', 'postgresql'], {
      settings: { redis: { port: 6380 } },
    }),
    'on-loopback': testView(['redis', 'router'], {
      node: testNode(['redis', 'router'], { address: '127.0.0.3' }),
    }),
  };
  for (const [name, view] of Object.entries(golden)) {
    it(`of ${name} makes the golden spec`, () => {
      const text = stringify(shortened(compile(view)), {
        lineWidth: 0,
        aliasDuplicateObjects: false,
      });
      const file = join(GOLDEN, `${name}.yml`);
      if (globalThis.process.env.UPDATE_GOLDEN === '1') {
        mkdirSync(GOLDEN, { recursive: true });
        writeFileSync(file, text);
      }
      assert.equal(text, readFileSync(file, 'utf8'));
    });
  }

  it('has each process once, in one order, whatever that of the roles is', () => {
    const view = testView(['router', 'redis', 'controller', 'primary']);
    const names = compile({ ...view, pools: [] }).processes.map((one) => one.name);
    assert.deepEqual(names, ['controller', 'nats-server', 'redis', 'router']);
  });

  it('leaves down what a person stopped, and what is held until the next boot', () => {
    const stopped = testNode(['redis']);
    stopped.roles.redis = { stopped: { by: 'n1', at: '2026-01-01T00:00:00.000Z' } };
    assert.equal(process(testView([], { node: stopped }), 'redis').up, false);
    const held = (boot: string) =>
      testView([], { node: testNode(['redis'], { held: { redis: boot } }) });
    assert.equal(process(held('boot-2'), 'redis').up, false);
    assert.equal(process(held('boot-1'), 'redis').up, true);
  });

  it('leaves a process alone whose files cannot be made, and makes the others', () => {
    const { processes, broken } = compileNode({
      view: testView(['redis', 'memcached']),
      secrets: viewSecrets,
      catalogue,
      render: () => {
        throw refuse('ROLE_FILE', 'a mistake');
      },
      paths: pathsOf('/'),
      bootId: 'boot-2',
      programs: {},
      kato: '/opt/kato/bin/kato',
    });
    assert.deepEqual(
      processes.map((one) => one.name),
      ['memcached'],
    );
    const error = { code: 'ROLE_FILE', message: 'a mistake' };
    assert.deepEqual(broken, [{ process: 'redis', error }]);
  });

  it('runs a process of two roles once, as long as one of them is wanted', () => {
    const redis = catalogue.roles.get('redis')!;
    const two = new Map([...catalogue.roles, ['cache', { ...redis, name: 'cache' }]]);
    const node = testNode(['redis', 'cache']);
    node.roles.redis = { stopped: { by: 'n1', at: '2026-01-01T00:00:00.000Z' } };
    const spec = compileNode({
      view: testView([], { node }),
      secrets: viewSecrets,
      catalogue: { ...catalogue, roles: two },
      render,
      paths: pathsOf('/'),
      bootId: 'boot-2',
      programs: {},
      kato: '/opt/kato/bin/kato',
    });
    assert.deepEqual(
      spec.processes.map(({ name, roles, up }) => ({ name, roles, up })),
      [{ name: 'redis', roles: ['cache', 'redis'], up: true }],
    );
  });

  it('passes restarts and purges on', () => {
    const node = testNode(['redis'], { restarts: { redis: 3 }, purged: ['postgresql'] });
    const spec = compile(testView([], { node }));
    assert.equal(spec.processes[0]?.restarts, 3);
    assert.deepEqual(spec.purge, [
      { process: 'postgresql', folder: '/var/lib/kato/data/postgresql' },
    ]);
  });

  it('refuses a view of a newer kato', () => {
    const newer = { ...testView([]), format: 2 } as unknown as View;
    assert.throws(() => compile(newer), { code: 'VERSION' });
  });

  it('leaves what is of a role that it does not know as it is, and makes the others', () => {
    const { processes, broken, known } = compile(testView(['kafka', 'redis']));
    assert.deepEqual(
      processes.map(({ name }) => name),
      ['redis'],
    );
    assert.deepEqual(
      broken.map(({ process, error }) => [process, error.code, error.message]),
      [['kafka', 'VERSION', "this node does not know its role 'kafka', and leaves it as it is"]],
    );
    assert.ok(known?.includes('redis') && !known.includes('kafka'));
  });

  it('leaves what is of a role that the controller does not know as it is', () => {
    const view = testView(['memcached', 'redis']);
    const { redis: _, ...settings } = view.settings;
    const { processes, broken } = compile({ ...view, settings });
    assert.deepEqual(
      processes.map(({ name }) => name),
      ['memcached'],
    );
    assert.deepEqual(
      broken.map(({ process, error }) => [process, error.code]),
      [['redis', 'VERSION']],
    );
  });
});

/** What is the same for every process stands in the golden files of service folders. */
function shortened(spec: Spec): Spec {
  for (const { service } of spec.processes)
    service.files['log/keep']!.content = '(the same for all)';
  return spec;
}
