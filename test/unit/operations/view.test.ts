import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { Bus } from '../../../src/bus/bus.ts';
import { limitsOf } from '../../../src/bus/limits.ts';
import { followAnnouncements } from '../../../src/controller/hearing/announcements.ts';
import { contentsKeeper } from '../../../src/controller/state/contents.ts';
import { knowledgeOf } from '../../../src/controller/state/knowledge.ts';
import { createLive, takeDocument } from '../../../src/controller/state/live.ts';
import type { Json, Node } from '../../../src/domain/document/cluster.ts';
import { announcedPeriod, proveAnnounced } from '../../../src/domain/document/proof.ts';
import type { AnnouncedRoute } from '../../../src/domain/traffic/pools.ts';
import type { View } from '../../../src/domain/views/view.ts';
import { view } from '../../../src/operations/view.ts';
import { ANNOUNCERS } from '../../support/announcing.ts';
import { catalogue, clusterWith } from '../../support/clusters.ts';

const ROLES = { web: ['router'], web2: ['router'], plain: ['memcached'], data: ['redis'] };
const SEED = 'of the controllers';
const cluster = clusterWith(ROLES, { announcers: ANNOUNCERS });
const SHOP: AnnouncedRoute = {
  announcer: 'shop',
  host: 'shop.org',
  path: '/',
  backend: '10.0.0.9:8080',
  sticky: false,
};
const BLOG = { ...SHOP, announcer: 'blog', host: 'a.blog.org' };

const NOW_MS = Date.now();
const PERIODS_MS = 20 * 60_000;
const proofOf = (routes: AnnouncedRoute[], seed = SEED, agoMs = 0): string =>
  proveAnnounced(routes, seed, announcedPeriod(NOW_MS - agoMs));

type Asked = { announced?: AnnouncedRoute[]; announcedProof?: string };
type Answer = { needs?: string; view?: View; secrets?: Record<string, string> };

/** What a controller holds of secrets, by their full names. */
const STORED = {
  'certificate/default': 'a',
  'bus/certificate': 'b',
  'bus/key': 'c',
  'bus/ca': 'd',
  'bus/controller': 'e',
  'authority/key': 'f',
  'export/1': 'g',
  'node/data/redis/password': 'h',
  'node/other/redis/password': 'i',
};

/** A controller that has just started, and what a node is answered that fetches its view. */
function freshController() {
  const live = createLive();
  const said: [string, Json][] = [];
  takeDocument(live, cluster, 1);
  const bus = {
    who: 'ctl',
    connected: true,
    subscribe: () => () => {},
    respond: () => () => {},
    publish: (subject: string, body: Json) => said.push([subject, body]) > 0,
  } as unknown as Bus;
  const log: string[] = [];
  const { signal } = new AbortController();
  let entry = 0;
  const store = {
    listSecrets: async (prefix: string) =>
      Object.fromEntries(Object.entries(STORED).filter(([name]) => name.startsWith(prefix))),
    replaceObserved: async () => ++entry,
  };
  const announcements = followAnnouncements({
    ...{ bus, store, live, intake: { admit: limitsOf }, catalogue, seed: SEED, signal },
    log: (line) => log.push(line),
  });
  const controllerKeys = { controller: 'U', warden: 'UWARDEN' };
  const common = { live, catalogue, controllerKeys, kato: '0.2.0' };
  const options = {
    ...{ ...common, bus, store, announcements, signal },
    contents: contentsKeeper({ ...common, seed: SEED }),
  } as unknown as Parameters<typeof knowledgeOf>[0];
  return {
    live,
    announcements,
    said,
    fetch: async (id: string, asked: Asked = {}, of: Partial<Node> = {}): Promise<Answer> => {
      const node = { ...cluster.nodes[id]!, ...of };
      const answer: Json = await view.run(knowledgeOf(options), { known: null, ...asked }, node);
      return answer as unknown as Answer;
    },
  };
}

describe('the secrets that a node is handed out', () => {
  for (const version of ['0.1.0', '0.2.0']) {
    it(`are its own and those that its roles share, by an agent of ${version}, too`, async () => {
      const { fetch, announcements } = freshController();
      const namesOf = async (id: string): Promise<string[]> =>
        Object.keys((await fetch(id, { announced: [] }, { version })).secrets!).sort();
      assert.deepEqual(await namesOf('plain'), []);
      assert.deepEqual(await namesOf('data'), ['redis/password']);
      assert.deepEqual(await namesOf('web'), ['certificate/default']);
      assert.deepEqual(await namesOf('core'), Object.keys(STORED).sort());
      announcements.close();
    });
  }
});

describe('what a router hands in of announced routes', () => {
  let controller: ReturnType<typeof freshController>;
  // A proof is of a period, which is not to end in the middle of a test.
  before(() => mock.timers.enable({ apis: ['Date'], now: NOW_MS }));
  after(() => mock.timers.reset());
  beforeEach(() => {
    controller = freshController();
  });
  afterEach(() => controller.announcements.close());

  const list = [BLOG, SHOP];
  const proven = { announced: list, announcedProof: proofOf(list) };
  const shown = (answer: Answer) => answer.view?.announced.map(({ host }) => host);

  it('is asked for by a controller that has just started, and believed with its proof', async () => {
    assert.deepEqual(await controller.fetch('web'), { needs: 'announced' });
    const answer = await controller.fetch('web', proven);
    assert.deepEqual(shown(answer), ['a.blog.org', 'shop.org']);
    assert.deepEqual(controller.live.announced, list);
    assert.equal(answer.view!.announcedProof, proven.announcedProof);
    const again = await controller.fetch('web');
    assert.deepEqual(shown(again), ['a.blog.org', 'shop.org'], 'and is asked once');
  });

  it('is not believed without the proof of controllers, whoever it speaks for', async () => {
    const evil = { ...SHOP, backend: '10.6.6.6:80' };
    const forged: Asked[] = [
      { announced: [evil] },
      { announced: [evil], announcedProof: 'made up' },
      { announced: [evil, SHOP], announcedProof: proofOf([SHOP]) },
      { announced: [evil], announcedProof: proofOf([evil], 'a seed of others') },
    ];
    for (const asked of forged) await controller.fetch('web', asked);
    assert.deepEqual(controller.live.announced, []);
    await controller.fetch('web2', proven);
    assert.deepEqual(controller.live.announced, list);
  });

  it('is not brought up again when it is long over, however well it was proven', async () => {
    for (const agoMs of [PERIODS_MS, -PERIODS_MS]) {
      const announcedProof = proofOf([SHOP], SEED, agoMs);
      const own = await controller.fetch('web', { announced: [SHOP], announcedProof });
      assert.deepEqual(shown(own), ['shop.org'], 'that router alone goes on with it');
      assert.deepEqual(controller.live.announced, []);
    }
    const redated = `${announcedPeriod(NOW_MS)}.${proofOf([SHOP], SEED, PERIODS_MS).split('.')[1]}`;
    await controller.fetch('web', { announced: [SHOP], announcedProof: redated });
    assert.deepEqual(controller.live.announced, []);
    const recent = proofOf(list, SEED, 5 * 60_000);
    await controller.fetch('web', { announced: list, announcedProof: recent });
    assert.deepEqual(controller.live.announced, list);
  });

  it('without a proof goes on being served by that router alone: it may be of 0.1.0', async () => {
    const own = await controller.fetch('web', { announced: [SHOP] });
    assert.deepEqual(shown(own), ['shop.org']);
    assert.ok(!('announcedProof' in own.view!));
    assert.deepEqual(controller.live.announced, []);
    const other = await controller.fetch('web2', { announced: [] });
    assert.deepEqual(shown(other), []);
  });

  it('is nothing that it may not serve in any case', async () => {
    const loop = { ...SHOP, backend: '10.0.0.2:80' };
    const foreign = { ...SHOP, host: 'foreign.net' };
    const own = await controller.fetch('web', { announced: [loop, foreign, SHOP] });
    assert.deepEqual(own.view!.announced, [SHOP]);
  });

  it('is wanted by the controller for so long that announcers say it again meanwhile', () => {
    const [[subject, body]] = controller.said as [[string, Record<string, number>]];
    assert.equal(subject, 'kato.router.start');
    assert.equal(body.minimumRegisterIntervalInSeconds, 20);
    const { pruneThresholdInSeconds, prunteThresholdInSeconds } = body;
    assert.deepEqual([pruneThresholdInSeconds, prunteThresholdInSeconds], [120, 120]);
  });

  it('is not looked at when nobody asked for it, however good its proof', async () => {
    const empty = { announced: [], announcedProof: proofOf([]) };
    await controller.fetch('web', empty);
    await controller.fetch('web', proven);
    assert.deepEqual(controller.live.announced, []);
    await controller.fetch('plain', proven);
    assert.deepEqual(controller.live.announced, []);
  });
});
