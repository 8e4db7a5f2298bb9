import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { join, op } from '../../src/bus/subjects.ts';
import type { Json } from '../../src/domain/document/cluster.ts';
import { OPERATION_PARAMS } from './operation-params.ts';

/** One message, as somebody who may speak on the bus puts it. */
export interface Input {
  who: string;
  subject: string;
  bytes: Uint8Array;
  /** It is a request, and must be answered. */
  asks: boolean;
}

const JOINER = 'token001';
const ANNOUNCER = 'shop';

/** Texts that have broken something somewhere: controls, other directions, names that objects have. */
const NASTY = [
  '',
  '\u0000',
  '\u001b]0;title\u0007\u001b[2J',
  '\u202eevil\u2066',
  '__proto__',
  'constructor',
  'n00000000000a',
  '../../etc/passwd',
  '${config}',
  '"; } server { #',
  '*',
  '>',
  '10.0.1.1',
  '255.255.255.255:65536',
  'a'.repeat(255),
  'ä'.repeat(300),
  'x'.repeat(20_000),
  '2026-02-30T99:99:99Z',
];

const nastyText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 80 }));

const anyJson: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: nastyText },
  { weight: 2, arbitrary: fc.constantFrom<Json>(null, true, 0, -1, 1.5, 2 ** 53, 1e300, -1e300) },
  { weight: 1, arbitrary: fc.array(nastyText, { maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constant(new Array<Json>(3000).fill('x')) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json> },
);

/** Right parameters with one or two of them replaced, or more beside them. */
function spoiled(right: Json): fc.Arbitrary<Json> {
  const keys = right !== null && typeof right === 'object' ? Object.keys(right) : [];
  const some = fc.dictionary(fc.constantFrom(...keys, 'node', 'more', '__proto__'), anyJson, {
    maxKeys: 2,
  });
  const mixed = some.map((others): Json => ({ ...(right as Record<string, Json>), ...others }));
  return fc.oneof(
    { weight: 6, arbitrary: mixed },
    { weight: 1, arbitrary: fc.constant(right) },
    { weight: 1, arbitrary: anyJson },
  );
}

const id = fc.oneof(
  { weight: 8, arbitrary: fc.uuid() as fc.Arbitrary<Json> },
  { weight: 1, arbitrary: anyJson },
);

function operationInputs(senders: readonly string[]): fc.Arbitrary<Input> {
  const about = fc.constantFrom(...senders, 'node-1', '10.0.1.2', 'nobody');
  const asked = fc
    .tuple(fc.constantFrom(...Object.keys(OPERATION_PARAMS)), about)
    .chain(([operation, node]) => {
      const params = spoiled(OPERATION_PARAMS[operation]!(node));
      return fc.record({ operation: fc.constant(operation), body: fc.record({ id, params }) });
    });
  return fc
    .tuple(fc.constantFrom(...senders), asked)
    .map(([who, { operation, body }]) => input(who, op(who, operation), body));
}

const REPORT: Json = {
  ...{ node: 'x', kato: '0.1.0', catalogue: ['base'], bootId: 'b', at: '2026-03-01T12:00:00.000Z' },
  version: { lineage: 'l1', epoch: 1, revision: 1, hash: 'h', proof: 'p' },
  steps: [{ kind: 'start', process: 'redis', ms: 5, failed: false }],
  failures: [{ kind: 'start', process: 'redis', code: 'FAILED', message: 'it did not' }],
  processes: {
    redis: { state: 'RUNNING', pid: 5, since: '2026-03-01T12:00:00.000Z', held: false },
  },
  ...{ roles: { redis: ['redis'] }, refusedView: null, complete: true },
};

const REGISTER: Json = { host: '10.0.0.9', port: 80, uris: ['a.example.com', 'b.example.com/x'] };
const BEAT: Json = { version: null, leaving: false };

/** What nodes and others say beside their requests. */
function otherInputs(senders: readonly string[]): fc.Arbitrary<Input> {
  const sender = fc.constantFrom(...senders);
  const of = (body: Json, make: (who: string, body: Json) => Input): fc.Arbitrary<Input> =>
    fc.tuple(sender, spoiled(body)).map(([who, spoilt]) => make(who, spoilt));
  return fc.oneof(
    of(REPORT, (who, body) => input(who, op(who, 'report'), body)),
    of({ params: { stopped: true } }, (who, body) => input(who, op(who, 'removed'), body)),
    of(BEAT, (who, body) => input(who, `kato.heartbeat.${who}`, body, false)),
    of(REGISTER, (_who, body) => input(ANNOUNCER, 'router.register', body, false)),
    of(REGISTER, (_who, body) => input(ANNOUNCER, 'router.unregister', body, false)),
    of({ id: 'x', params: OPERATION_PARAMS['node.join']!('') }, (_who, body) =>
      input(JOINER, join(JOINER), body),
    ),
    fc.tuple(sender, nastyText).map(([who, text]) => {
      const name = text.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 100) || 'x';
      return input(who, op(who, name), { id: 'x', params: {} });
    }),
  );
}

/** Bodies that are no JSON, or far more than they look. */
function rawInputs(senders: readonly string[]): fc.Arbitrary<Input> {
  const subject = (who: string, name: string) => op(who, name);
  return fc
    .tuple(
      fc.constantFrom(...senders),
      fc.constantFrom('status', 'role.add', 'report'),
      fc.oneof(fc.constantFrom(...BOMBS), fc.uint8Array({ maxLength: 200 })),
    )
    .map(([who, name, bytes]) => ({ who, subject: subject(who, name), bytes, asks: true }));
}

const BOMBS: Uint8Array[] = [
  gzipSync(Buffer.alloc(40_000_000, 'x')),
  gzipSync(`{"id":"x","params":{"node":"${'a'.repeat(5_000_000)}"}}`),
  Buffer.from('['.repeat(50_000) + ']'.repeat(50_000)),
  Buffer.from(`{"id":"x","params":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`),
  Buffer.from('{"id":"x","params":{"limit":1e999,"node":null}}'),
  Buffer.from([0x1f, 0x8b, 0, 1, 2, 3]),
  Buffer.alloc(300_000, '{'),
];

/** All that the senders, a joiner and an announcer may put on the bus, right and wrong. */
export function inputs(senders: readonly string[]): fc.Arbitrary<Input> {
  const active = senders.slice(0, -1);
  return fc.oneof(
    { weight: 12, arbitrary: operationInputs(active) },
    { weight: 4, arbitrary: otherInputs(active) },
    { weight: 1, arbitrary: rawInputs(active) },
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
