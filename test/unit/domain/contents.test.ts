import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/base/hash.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { hashOfCluster } from '../../../src/domain/document/document-hash.ts';
import { share } from '../../../src/domain/document/sharing.ts';
import { NO_VERDICTS, type Verdicts } from '../../../src/domain/nodes/verdicts.ts';
import type { AnnouncedRoute } from '../../../src/domain/traffic/pools.ts';
import { affectedBy } from '../../../src/domain/views/affected.ts';
import { endsAround } from '../../../src/domain/views/ends.ts';
import { startParts } from '../../../src/domain/views/parts.ts';
import type { ViewInput } from '../../../src/domain/views/seen-parts.ts';
import { type Views, versionOf, viewsOf } from '../../../src/domain/views/view-for.ts';
import { changedBy, type Draw, draws } from '../../support/changing.ts';
import { catalogue, clusterWith, NOW, tokenOf } from '../../support/clusters.ts';

/** What views are made of, beside the document and the time. */
interface Around {
  verdicts: Verdicts;
  announced: AnnouncedRoute[];
  /** Numbers of two secrets: of a node, and of a certificate. */
  secrets: { own: number; shared: number };
}

/** One thing that happens. */
type Event =
  | { kind: 'change'; draw: Draw }
  | { kind: 'read anew' }
  | { kind: 'time'; days: number }
  | { kind: 'outages'; members: number[] }
  | { kind: 'announced'; backends: number[] }
  | { kind: 'secret'; isShared: boolean };

const numbers = fc.uniqueArray(fc.nat(8), { maxLength: 4 });
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: draws.map((draw): Event => ({ kind: 'change', draw })) },
  { weight: 2, arbitrary: fc.constant<Event>({ kind: 'read anew' }) },
  fc.integer({ min: 1, max: 20 }).map((days): Event => ({ kind: 'time', days })),
  numbers.map((members): Event => ({ kind: 'outages', members })),
  numbers.map((backends): Event => ({ kind: 'announced', backends })),
  fc.boolean().map((isShared): Event => ({ kind: 'secret', isShared })),
);

const histories = fc.array(events, { maxLength: 40, size: 'max' });
const RUNS = 40;

const FIRST: Cluster = clusterWith(
  // No catalogue here has 'shout': another machine's has.
  { web: ['router'], lb: ['load_balancer'], db: ['redis', 'shout'], plain: [] },
  {
    settings: { shout: { port: 7007 } },
    tokens: { first: tokenOf('first', { usesLeft: 100, expiresAt: '2099-01-01T00:00:00.000Z' }) },
  },
);

interface State {
  cluster: Cluster;
  at: string;
  around: Around;
}

const START: State = {
  cluster: FIRST,
  at: NOW,
  around: { verdicts: NO_VERDICTS, announced: [], secrets: { own: 1, shared: 1 } },
};

function next(state: State, event: Event): State {
  const { cluster, at, around } = state;
  const seen = (changes: Partial<Around>): State => ({
    ...state,
    around: { ...around, ...changes },
  });
  switch (event.kind) {
    case 'change':
      return { ...state, cluster: changedBy(cluster, event.draw, at) };
    case 'read anew':
      return { ...state, cluster: share(cluster, stored(cluster)) };
    case 'time':
      return { ...state, at: new Date(Date.parse(at) + event.days * DAY_MS).toISOString() };
    case 'outages': {
      const out = event.members.map((number) => [`10.0.0.${number}:80`, at]);
      const outages = { routers: Object.fromEntries(out), 'route shop.org': { '10.1.0.1:80': at } };
      return seen({ verdicts: { silent: {}, outages } });
    }
    case 'announced':
      return seen({ announced: event.backends.map(announcedOf) });
    case 'secret': {
      const { own, shared } = around.secrets;
      return seen({
        secrets: event.isShared ? { own, shared: shared + 1 } : { own: own + 1, shared },
      });
    }
  }
}

const DAY_MS = 86_400_000;
const HOSTS = ['shop.org', 'c.org', 'a.org'];

function announcedOf(number: number): AnnouncedRoute {
  const host = HOSTS[number % HOSTS.length]!;
  return { announcer: 'paas', host, path: '/', backend: `10.2.0.${number}:80`, sticky: false };
}

/** As a controller may have it that came to it by another way: in another order. */
function stored(cluster: Cluster): Cluster {
  return JSON.parse(canonicalJson(cluster)) as Cluster;
}

function inputOf({ cluster, at, around }: State): ViewInput {
  const { verdicts, announced, secrets } = around;
  return {
    ...{ cluster, catalogue, verdicts, announced },
    version: { ...versionOf(cluster, hashOfCluster(cluster)), proof: 'p' },
    controllerKeys: { controller: 'UCTL', warden: 'UWARDEN' },
    at: endsAround(cluster, at).last,
    secretsOf: ({ id, roles }) =>
      `${id === 'db' ? secrets.own : ''} ${'router' in roles ? secrets.shared : ''}`,
  };
}

/** All that a node is given, but for the version of it. */
function givenTo(views: Views, input: ViewInput): Map<string, string> {
  const nodes = Object.values(input.cluster.nodes);
  return new Map(
    nodes.map((node) => {
      const { version: _version, ...content } = views.viewOf(node.id);
      const document = content.document === null ? null : canonicalJson(content.document);
      return [node.id, canonicalJson({ ...content, document, secrets: input.secretsOf!(node) })];
    }),
  );
}

function hashesOf(views: Views, { cluster }: ViewInput): Record<string, string> {
  return Object.fromEntries(Object.keys(cluster.nodes).map((id) => [id, views.contentOf(id)]));
}

describe('the contents of views', () => {
  it('are the same made of those before as made anew, by whichever controller', () => {
    fc.assert(
      fc.property(histories, (happening) => {
        let state = START;
        let views: Views | undefined;
        for (const event of happening) {
          const before = inputOf(state);
          state = next(state, event);
          const input = inputOf(state);
          const ahead = startParts(views?.parts);
          if (views !== undefined) affectedBy(before, state.cluster, views.parts, ahead);
          views = viewsOf(input, views, ahead);
          const hashes = hashesOf(views, input);
          const given = givenTo(views, input);
          for (const cluster of [state.cluster, stored(state.cluster)]) {
            const other = { ...input, cluster };
            const fresh = viewsOf(other);
            assert.deepEqual(
              Object.entries(hashes).sort(),
              Object.entries(hashesOf(fresh, other)).sort(),
            );
            assert.deepEqual([...given].sort(), [...givenTo(fresh, other)].sort());
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('have another hash where a node is given something else, and nowhere else', () => {
    fc.assert(
      fc.property(histories, (happening) => {
        const seen = new Map<string, string>();
        let state = START;
        let views: Views | undefined;
        for (const event of happening) {
          state = next(state, event);
          const input = inputOf(state);
          views = viewsOf(input, views);
          for (const [id, given] of givenTo(views, input)) {
            const hash: string = views.contentOf(id);
            const before: string = seen.get(`${id} ${hash}`) ?? given;
            const of = seen.get(`${id} ${given}`) ?? hash;
            assert.equal(given, before, `${id} has something else with the same hash`);
            assert.equal(hash, of, `${id} has another hash for the same`);
            seen.set(`${id} ${hash}`, given).set(`${id} ${given}`, hash);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('know of the time what ended last: until the next end nothing is otherwise', () => {
    fc.assert(
      fc.property(histories, (happening) => {
        const state = happening.reduce(next, START);
        const input = inputOf(state);
        const now = viewsOf({ ...input, at: state.at }).viewOf('core');
        assert.deepEqual(viewsOf(input).viewOf('core').busUsers, now.busUsers);
        const { coming } = endsAround(state.cluster, state.at);
        if (coming === null) return;
        const users = (at: string) => viewsOf({ ...input, at }).viewOf('core').busUsers;
        const justBefore = new Date(Date.parse(coming) - 1).toISOString();
        assert.deepEqual(users(justBefore), now.busUsers);
        assert.notDeepEqual(users(coming), now.busUsers);
      }),
      { numRuns: RUNS },
    );
  });
});
