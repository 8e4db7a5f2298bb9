import assert from 'node:assert/strict';
import { KatoError } from '../../../src/domain/base/error.ts';
import type { Json, Route } from '../../../src/domain/document/cluster.ts';
import { newToken } from '../../../src/operations/local/new-token.ts';
import { clusterWith, nodeOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { CLUSTER_ID } from '../../support/nats.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

/** More than one node may ask for within a few seconds. */
const MANY = 800;
const AT_ONCE = 40;
const BACKENDS = Array.from({ length: 500 }, (_, i) => `10.9.${i >> 8}.${i & 255}:8080`);
/** As many as a state has room for. */
const ROUTES = Math.floor(5_998_000 / (JSON.stringify(Object.fromEntries(routes(1))).length + 3));
const ROUTE = { route: 'a.example.com', sticky: false };

describe('what is refused for the moment, or as it was asked', function () {
  this.timeout(60_000);
  let here: Controlled;

  before(async () => {
    const nodes = {
      core: nodeOf('core', ['primary', 'controller'], { id: 'core', admin: true }),
      web: nodeOf('web', ['redis'], { id: 'web', address: '10.0.0.2' }),
    };
    here = await startControlled(clusterWith({}, { id: CLUSTER_ID, nodes }));
  });
  after(() => here?.end());

  const asWeb = (operation: string, params: Json, id = '') =>
    here.ask('web', operation, params, id);
  const switched = (i: number) =>
    asWeb('role.switch', { node: 'web', roles: ['redis'], to: 'restart' }, `switch-${i}`);

  it('is done later: of one who waits for many changes', async () => {
    const asked = await refusals(AT_ONCE, switched);
    const waits = asked.find(({ message }) =>
      message.startsWith('role.switch waits for other changes'),
    );
    hint(
      waits?.next,
      'controller/state/changes.ts: nothing was changed: run the command again in a moment',
    );
    await switched(AT_ONCE);
  });

  it('is done later: of one whose questions wait for their answers', async () => {
    const waiting = { nodes: ['web'], revision: 1e6, seen: 0, waitMs: 2000 };
    const asked = await refusals(AT_ONCE, () => asWeb('progress', waiting));
    const many = asked.find(({ message }) => message.includes('requests of this node'));
    hint(many?.next, 'controller/doors/requests.ts: run the command again in a moment');
    await asWeb('node.list', {});
  });

  it('is done later: of one who says more than is taken', async () => {
    const asked = await refusals(MANY, () => asWeb('node.list', {}));
    const more = asked.find(({ message }) => message.startsWith('the controllers accept no more'));
    hint(more?.next, 'bus/messaging.ts: try again in a moment');
    await until(() => asWeb('node.list', {}).catch(() => false), {
      what: 'it is answered',
      seconds: 20,
    });
  });

  it('is done with a key that nobody has', async () => {
    const target = {
      core: { address: '10.0.0.1', port: 4222 },
      clusterId: CLUSTER_ID,
      ca: here.nats.ca,
    };
    const more = { roles: null, admin: false, uses: 1, ttlSeconds: 60 };
    const create = ({ params }: ReturnType<typeof newToken>) =>
      here.ask('core', 'token.create', { ...params, ...more }, params.id);
    const first = newToken(target);
    await create(first);
    const second = newToken(target);
    const params = { ...second.params, key: first.params.key };
    const [taken] = await refusals(1, () => create({ ...second, params }));
    hint(taken?.next, 'domain/access/keys.ts: run the command again: kato then makes a new one');
    await create(second);
  });

  it('is done when there is room: of a state that is as large as it may be', async () => {
    const large = await startControlled(
      clusterWith({}, { id: CLUSTER_ID, routes: Object.fromEntries(routes(ROUTES)) }),
    );
    const add = (name: string) => {
      const params = { route: `${name}.example.com`, backends: BACKENDS, sticky: false };
      return large.ask('core', 'route.add', params, name);
    };
    const [full] = await refusals(1, () => add('new'));
    const { commands } = hint(
      full?.next,
      'domain/document/budget.ts: on an admin node, take out what is not needed: see kato route list, kato token list, kato node list',
    );
    const seen = [];
    for (const command of commands) {
      seen.push(await large.ask('core', command.replace('kato ', '').replace(' ', '.'), {}));
    }
    assert.deepEqual(
      seen.map((list) => (list as Json[]).length),
      [ROUTES, 0, 1],
    );
    // The last changes are kept with what came of them, and weigh as much for a while.
    for (const [route] of routes(4)) {
      await large.ask('core', 'route.remove', { route, backends: [] }, `no-${route.slice(0, 2)}`);
    }
    await add('new');
    await large.end();
  });

  it('is done with what a client has left out', async () => {
    const add = (backends: string[]) =>
      here.ask('core', 'route.add', { ...ROUTE, backends }, `route-${backends.length}`);
    const [none] = await refusals(1, () => add([]));
    hint(none?.next, 'domain/traffic/routes.ts: give ADDRESS:PORT');
    await add(['10.0.0.9:80']);
  });
});

function routes(count: number) {
  return Array.from({ length: count }, (_, i): [string, Route] => {
    const host = `r${i}.example.com`;
    return [host, { host, path: '', backends: BACKENDS, sticky: false }];
  });
}

/** What was refused of so many that were asked at once. */
async function refusals(count: number, ask: (i: number) => Promise<Json>): Promise<KatoError[]> {
  const asked = Array.from({ length: count }, (_, i) => ask(i));
  const ended = await Promise.allSettled(asked);
  const reasons = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  return reasons.filter((reason): reason is KatoError => reason instanceof KatoError);
}
