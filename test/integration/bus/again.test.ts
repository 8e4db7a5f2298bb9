import { KatoError } from '../../../src/domain/base/error.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { newToken } from '../../../src/operations/local/new-token.ts';
import { clusterWith, nodeOf } from '../../support/clusters.ts';
import { type Controlled, startControlled } from '../../support/controlled.ts';
import { CLUSTER_ID } from '../../support/nats.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

/** More than one node may ask for within a few seconds. */
const MANY = 800;
const AT_ONCE = 40;
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
    const more = asked.find(({ message }) => message.startsWith('the controllers take no more'));
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
    hint(
      taken?.next,
      'domain/access/keys.ts: make a new one: kato does by itself when the command is run again',
    );
    await create(second);
  });

  it('is done with what a client has left out', async () => {
    const add = (backends: string[]) =>
      here.ask('core', 'route.add', { ...ROUTE, backends }, `route-${backends.length}`);
    const [none] = await refusals(1, () => add([]));
    hint(none?.next, 'domain/traffic/routes.ts: give ADDRESS:PORT');
    await add(['10.0.0.9:80']);
  });
});

/** What was refused of so many that were asked at once. */
async function refusals(count: number, ask: (i: number) => Promise<Json>): Promise<KatoError[]> {
  const asked = Array.from({ length: count }, (_, i) => ask(i));
  const ended = await Promise.allSettled(asked);
  const reasons = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  return reasons.filter((reason): reason is KatoError => reason instanceof KatoError);
}
