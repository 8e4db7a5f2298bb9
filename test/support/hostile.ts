import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createIdentity } from '../../src/bus/identity.ts';
import { proveKey } from '../../src/bus/joining/join-proof.ts';
import { heartbeat, join, op } from '../../src/bus/subjects.ts';
import type { Heartbeat } from '../../src/controller/hearing/liveness.ts';
import type { Cluster, Json } from '../../src/domain/document/cluster.ts';
import type { Report } from '../../src/domain/making/step.ts';
import type { Made, ProvenVersion } from '../../src/domain/views/view.ts';
import { CLUSTER_ID } from './nats.ts';
import { OPERATION_PARAMS } from './operation-params.ts';
import { anyJson, nastyText, spoiled } from './spoiling.ts';

/** One message, as somebody who may speak on the bus puts it. */
export interface Input {
  who: string;
  subject: string;
  bytes: Uint8Array;
  /** It is a request, and must be answered. */
  asks: boolean;
}

const id = fc.oneof(
  { weight: 8, arbitrary: fc.uuid() as fc.Arbitrary<Json> },
  { weight: 1, arbitrary: anyJson },
);

/** What a node may ask for; with `params` of a right form it is understood as far as it can be. */
function operations({ senders, version }: Speakers): fc.Arbitrary<Input> {
  const about = fc.constantFrom(...senders, 'node-1', '10.0.1.2', 'nobody');
  const asked = fc
    .tuple(fc.constantFrom(...Object.keys(OPERATION_PARAMS)), about)
    .chain(([operation, node]) => {
      const right = OPERATION_PARAMS[operation]!(node);
      const seen: Record<string, Json> = operation === 'view' ? { seen: { ...version } } : {};
      const params = spoiled({ ...(right as Record<string, Json>), ...seen });
      return fc.record({ operation: fc.constant(operation), body: fc.record({ id, params }) });
    });
  return fc
    .tuple(oneOf(senders), asked)
    .map(([who, { operation, body }]) => input(who, op(who, operation), body));
}

const MADE: Made = {
  ...{ lineage: 'l1', epoch: 1, revision: 1, verdicts: 1, announced: 1, secrets: 1 },
  ...{ time: '2026-03-01T12:00:00.000Z', kato: '0.2.0' },
};

/** With all that a report can have. */
export function fullReport(version: ProvenVersion): Json {
  const report: Required<Report> = {
    ...{
      node: 'x',
      version,
      seen: version,
      content: 'c',
      verdicts: 1,
      kato: '0.2.0',
      catalogue: ['base'],
    },
    ...{ unreachable: ['10.0.0.9:80'], bootId: 'b', at: '2026-03-01T12:00:00.000Z' },
    steps: [{ kind: 'start', process: 'redis', ms: 5, failed: false }],
    failures: [
      {
        ...{ kind: 'start', process: 'redis', code: 'FAILED', message: 'it did not' },
        ...{ why: 'it could not', next: 'look', since: 1 },
      },
    ],
    processes: {
      redis: { state: 'RUNNING', pid: 5, since: '2026-03-01T12:00:00.000Z', held: false },
    },
    ...{ roles: { redis: ['redis'] }, refusedView: version },
    ...{ exportedAt: '2026-03-01T12:00:00.000Z', lostLines: { logs: ['redis'], diskFull: true } },
    ...{ complete: true, busy: { redis: 1 } },
  };
  return report as unknown as Json;
}

function reports({ senders, version }: Speakers): fc.Arbitrary<Input> {
  return fc
    .tuple(oneOf(senders), spoiled(fullReport(version)))
    .map(([who, body]) => input(who, op(who, 'report'), body));
}

function beats({ senders, version }: Speakers): fc.Arbitrary<Input> {
  const have = { content: 'c', made: MADE };
  const beat: Required<Heartbeat> = { version, leaving: false, instance: 'i', have };
  return fc
    .tuple(oneOf(senders), spoiled(beat as unknown as Json))
    .map(([who, body]) => input(who, heartbeat(who), body, false));
}

/** The one question of those who were removed; every node may ask it. */
function farewells({ senders }: Speakers): fc.Arbitrary<Input> {
  return fc
    .tuple(oneOf(senders), spoiled({ id: 'x', params: { stopped: true } }))
    .map(([who, body]) => input(who, op(who, 'removed'), body));
}

function unknown({ senders }: Speakers): fc.Arbitrary<Input> {
  return fc.tuple(oneOf(senders), nastyText).map(([who, text]) => {
    const name = text.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 100) || 'x';
    return input(who, op(who, name), { id: 'x', params: {} });
  });
}

export const JOIN_SECRET = 'secret';

/** The right form would be let in by the token, if it were no trial. */
function joins({ senders }: Speakers): fc.Arbitrary<Input> {
  return oneOf(senders).chain((who) => {
    const proof = proveKey(JOINER.seed, { clusterId: CLUSTER_ID, tokenId: who });
    const own = { tokenId: who, secret: JOIN_SECRET, key: JOINER.key, proof };
    const params = { ...(OPERATION_PARAMS['node.join']!('') as object), ...own };
    return spoiled({ id: 'x', params }).map((body) => input(who, join(who), body));
  });
}

const JOINER = createIdentity();

const REGISTER: Json = { host: '10.0.0.9', port: 80, uris: ['a.example.com', 'b.example.com/x'] };

function announcements({ senders }: Speakers): fc.Arbitrary<Input> {
  const verbs = fc.constantFrom('register', 'unregister', 'greet');
  return fc
    .tuple(oneOf(senders), verbs, spoiled(REGISTER))
    .map(([who, verb, body]) => input(who, `router.${verb}`, body, false));
}

const BOMBS: Uint8Array[] = [
  gzipSync(Buffer.alloc(40_000_000, 'x')),
  gzipSync(`"${'a'.repeat(12_000_000)}"`),
  gzipSync('['.repeat(12_000_000)),
  gzipSync(`{"id":"x","params":{"node":"${'a'.repeat(5_000_000)}"}}`),
  Buffer.from('['.repeat(50_000) + ']'.repeat(50_000)),
  Buffer.from('['.repeat(400) + ']'.repeat(400)),
  Buffer.from(`{"id":"x","params":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`),
  Buffer.from('{"id":"x","params":{"limit":1e999,"node":null}}'),
  Buffer.from([0x1f, 0x8b, 0, 1, 2, 3]),
  Buffer.alloc(300_000, '{'),
];

/** Bodies that are no JSON, or far more than they look. */
const bomb = fc.oneof(fc.constantFrom(...BOMBS), fc.uint8Array({ maxLength: 200 }));

function bombs(of: (speakers: Speakers) => fc.Arbitrary<Input>) {
  return (speakers: Speakers) =>
    fc.tuple(of(speakers), bomb).map(([right, bytes]): Input => ({ ...right, bytes }));
}

/** Who says it, and a version of the state that controllers have given out, with their proof. */
export interface Speakers {
  senders: readonly string[];
  version: ProvenVersion;
}

/** All that each kind of sender may put on the bus, right and wrong. */
export const INPUTS_OF = {
  admin: mixed([12, operations], [1, reports], [1, bombs(operations)]),
  node: mixed(
    ...([
      [12, operations],
      [4, reports],
      [4, beats],
      [1, farewells],
    ] as const),
    ...([
      [1, unknown],
      [1, bombs(operations)],
      [1, bombs(reports)],
    ] as const),
  ),
  former: mixed([8, farewells], [1, bombs(farewells)]),
  joiner: mixed([8, joins], [1, bombs(joins)]),
  announcer: mixed([8, announcements], [1, bombs(announcements)]),
};

type Kind = (speakers: Speakers) => fc.Arbitrary<Input>;

function mixed(...kinds: (readonly [weight: number, kind: Kind])[]): Kind {
  return (speakers) =>
    fc.oneof(...kinds.map(([weight, kind]) => ({ weight, arbitrary: kind(speakers) })));
}

/** What a node answers when a controller asks it something. */
export function answersOf(version: ProvenVersion): fc.Arbitrary<Uint8Array> {
  const body = fc.oneof(
    spoiled({ ok: fullReport(version) }),
    spoiled({ ok: ['10.0.1.2', '10.0.1.3'] }),
    spoiled({ error: { code: 'FAILED', message: 'no', why: 'so', next: 'look' } }),
  );
  return fc.oneof(
    { weight: 8, arbitrary: body.map((given) => new TextEncoder().encode(JSON.stringify(given))) },
    { weight: 1, arbitrary: bomb },
  );
}

function input(who: string, subject: string, body: Json, asks = true): Input {
  return { who, subject, bytes: new TextEncoder().encode(JSON.stringify(body)), asks };
}

/** Requests of HTTP, and what only begins like one. */
export const hostileHttp: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 500 }),
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'TRACE', 'CONNECT', 'PRI', 'G\u0000T'),
      fc.constantFrom('/health', '/v1/info', '/%00', `/${'a'.repeat(20_000)}`, '//', '*', '/../..'),
      fc.array(fc.tuple(fc.string({ maxLength: 30 }), fc.string({ maxLength: 300 }))),
      fc.constantFrom(
        '',
        '\r\n',
        'Content-Length: 99999999999\r\n\r\n',
        'Transfer-Encoding: x\r\n\r\n',
      ),
    )
    .map(([method, path, headers, end]) => {
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      return new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${lines}${end}`);
    }),
);

/** Each as often as the others: who is preferred would soon not be heard. */
function oneOf(senders: readonly string[]): fc.Arbitrary<string> {
  return fc.noBias(fc.constantFrom(...senders));
}

/** What no message of this kind of sender changes, by the nodes that there were. */
export function untouched(kind: string, cluster: Cluster, ids: readonly string[]) {
  const { nodes, former, tokens, settings, routes, certificates, announcers } = cluster;
  const shared = { settings, routes, certificates, announcers };
  const some = ids.map((id) => nodes[id]);
  if (kind === 'admin') return {};
  if (kind === 'node') return { ...shared, tokens, nodes: some.filter((node) => node?.admin) };
  if (kind === 'joiner') return { ...shared, former, nodes: some };
  return { ...shared, former, tokens, nodes };
}
